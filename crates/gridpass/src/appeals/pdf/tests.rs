//! PDFs as scanners and offices write them, and as somebody writes them who means harm.

use proptest::prelude::*;

use super::*;

/// A file of one page with more objects; the table of offsets is left to the reader.
fn pdf(objects: &[&[u8]]) -> Vec<u8> {
    let mut file = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n".to_vec();
    for object in objects {
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    file.extend_from_slice(b"trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n");
    file
}

fn object_stream(objects: &[u8], filter: &str) -> Vec<u8> {
    let packed = deflate(objects).unwrap();
    let mut object = format!(
        "9 0 obj\n<</Type/ObjStm/N 1/First 4{filter}/Length {}>>\nstream\n",
        packed.len()
    )
    .into_bytes();
    object.extend_from_slice(&packed);
    object.extend_from_slice(b"\nendstream");
    object
}

#[test]
fn pages_are_taken_and_nothing_moves() {
    let file = pdf(&[b"3 0 obj\n<</Type/Page/Contents 4 0 R>>"]);
    assert_eq!(clean(&file).unwrap(), file);
}

#[test]
fn whoever_made_it_is_forgotten() {
    let info: &[u8] =
        b"5 0 obj\n<</Author (Zhang \\(San\\))/Producer <FEFF5F20> /Title 6 0 R/Creator(x)>>";
    let title: &[u8] = b"6 0 obj\n(my secret title)";
    let xmp: &[u8] =
        b"7 0 obj\n<</Type/Metadata/Subtype/XML/Length 9>>\nstream\n<x>Zhang</x>\nendstream";
    let loose: &[u8] = b"<?xpacket begin='x'?><dc:creator>Zhang</dc:creator><?xpacket end='w'?>";
    let file = pdf(&[info, title, xmp, loose]);
    let cleaned = clean(&file).unwrap();
    assert_eq!(cleaned.len(), file.len());
    for told in [&b"Zhang"[..], b"5F20", b"secret"] {
        assert!(find(&file, told, 0).is_some());
        assert!(find(&cleaned, told, 0).is_none(), "{told:?}");
    }
}

#[test]
fn what_its_maker_added_is_forgotten_too() {
    let own: &[u8] =
        b"5 0 obj\n<</Producer(x)/AAPL:Keywords [(SECRET1) <534543>]/SourceModified(D:SECRET2)>>";
    let mut file = pdf(&[own, b"6 0 obj\n<</LastModifiedBy (SECRET3)>>"]);
    let trailer = rfind(&file, b"/Root").unwrap();
    file.splice(trailer..trailer, *b"/Info 6 0 R");
    let cleaned = clean(&file).unwrap();
    assert_eq!(cleaned.len(), file.len());
    for told in [&b"SECRET1"[..], b"534543", b"SECRET2", b"SECRET3"] {
        assert!(find(&file, told, 0).is_some());
        assert!(find(&cleaned, told, 0).is_none(), "{told:?}");
    }
    // The text of a page is no text of its maker.
    let page: &[u8] = b"7 0 obj\n<</Type/Annot/Contents (what I wrote)>>";
    let cleaned = clean(&pdf(&[page])).unwrap();
    assert!(find(&cleaned, b"what I wrote", 0).is_some());
}

#[test]
fn nothing_happens_by_itself() {
    let opening: &[u8] =
        b"5 0 obj\n<</Type/Catalog/OpenAction<</S/URI/URI(https://x.example)>>/A#41 6 0 R>>";
    let packed = object_stream(
        b"5 0 <</OpenAction 7 0 R/Type/Catalog/OpenAction 7 0 R>>",
        "/Filter/FlateDecode",
    );
    let file = pdf(&[opening, &packed]);
    let cleaned = clean(&file).unwrap();
    assert_eq!(cleaned.len(), file.len());
    let acts = |bytes: &[u8]| names(bytes).any(|(name, _)| name == b"OpenAction" || name == b"AA");
    assert!(acts(&file) && !acts(&cleaned));
    let stream = &streams(&cleaned).unwrap()[0];
    let objects = inflate(&cleaned[stream.data.clone()], &mut 10_000).unwrap();
    assert!(!acts(&objects));
}

#[test]
fn the_place_of_an_embedded_photo_is_forgotten() {
    let mut photo =
        b"8 0 obj\n<</Subtype/Image/Filter/DCTDecode>>\nstream\n\xff\xd8\xff\xe1\0\x18Exif\0\0"
            .to_vec();
    photo.extend_from_slice(b"GPS 22.69 114.35");
    photo.extend_from_slice(b"\xff\xd9\nendstream");
    let cleaned = clean(&pdf(&[&photo])).unwrap();
    assert!(find(&cleaned, b"GPS", 0).is_none());
    assert!(
        find(&cleaned, b"\xff\xd9", 0).is_some(),
        "the picture stays"
    );
}

#[test]
fn programs_forms_and_files_are_refused() {
    for action in [
        "/S/JavaScript/JS(app.alert(1))",
        "/S /J#61vaScript /JS (x)",
        "/S/Launch/F(cmd.exe)",
        "/Type/EmbeddedFile",
        "/Names<</EmbeddedFiles 3 0 R>>",
        "/XFA 3 0 R",
        "/S/SubmitForm/F(http://x)",
        "/S/GoToR/F(other.pdf)",
        "/Subtype/RichMedia",
    ] {
        let object = format!("3 0 obj\n<<{action}>>");
        assert_eq!(
            clean(&pdf(&[object.as_bytes()])),
            Err(PdfError::Active),
            "{action}"
        );
    }
}

#[test]
fn nor_do_they_hide_in_a_packed_stream() {
    let objects = b"3 0 <</S/JavaScript/JS(app.alert(1))>>";
    let packed = object_stream(objects, "/Filter/FlateDecode");
    assert!(find(&packed, b"JavaScript", 0).is_none());
    assert_eq!(clean(&pdf(&[&packed])), Err(PdfError::Active));
    // Without its type it would still be read, so it is looked into.
    let text = String::from_utf8_lossy(&packed[..30]).into_owned();
    assert!(text.contains("/Type/ObjStm"));
    let untyped: Vec<u8> = [
        &b"9 0 obj\n<</Type 7 0 R"[..],
        &packed[find(&packed, b"/N", 0).unwrap()..],
    ]
    .concat();
    assert_eq!(clean(&pdf(&[&untyped])), Err(PdfError::Active));
    for filter in [
        "/Filter 7 0 R",
        "/Filter[/ASCIIHexDecode/FlateDecode]",
        "/Filter/FlateDecode/DecodeParms<<>>",
    ] {
        let packed = object_stream(objects, filter);
        assert_eq!(
            clean(&pdf(&[&packed])),
            Err(PdfError::Unreadable),
            "{filter}"
        );
    }
}

#[test]
fn metadata_in_a_packed_stream_is_forgotten_in_place() {
    let objects = b"5 0 <</Author(Zhang San of a very small place)/Producer(a program)>>";
    let packed = object_stream(objects, "/Filter/FlateDecode");
    let file = pdf(&[&packed]);
    let cleaned = clean(&file).unwrap();
    assert_eq!(cleaned.len(), file.len());
    let stream = &streams(&cleaned).unwrap()[0];
    let objects = inflate(&cleaned[stream.data.clone()], &mut 10_000).unwrap();
    assert!(find(&objects, b"Zhang", 0).is_none());
    assert!(find(&objects, b"/Author(", 0).is_some());
}

#[test]
fn what_cannot_be_looked_into_is_refused() {
    let locked = pdf(&[b"3 0 obj\n<</Filter/Standard>>"]);
    let locked = [
        &locked[..locked.len() - 20],
        b"/Encrypt 3 0 R startxref 0 %%EOF",
    ]
    .concat();
    for file in [
        b"%PDF-1.5 and then nothing".to_vec(),
        pdf(&[])[..40].to_vec(),
        locked,
        b"MZ\x90".to_vec(),
        pdf(&[b"9 0 obj\n<</Type/ObjStm/Filter/FlateDecode>>\nstream\nnot packed\nendstream"]),
        pdf(&[b"9 0 obj\n<<>>\nstream\nno end"]),
    ] {
        assert_eq!(clean(&file), Err(PdfError::Unreadable));
    }
}

#[test]
fn a_stream_that_swells_is_refused() {
    let zeros = vec![b' '; 1024 * 1024];
    let packed = object_stream(&zeros, "/Filter/FlateDecode");
    let many: Vec<&[u8]> = (0..40).map(|_| &packed[..]).collect();
    assert_eq!(clean(&pdf(&many)), Err(PdfError::Unreadable));
}

proptest! {
    #[test]
    fn no_file_breaks_it(middle in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text: &[u8] = &middle;
        let _refused_or_cleaned = clean(&pdf(&[text]));
    }

    #[test]
    fn no_broken_file_breaks_it(words in proptest::collection::vec(0usize..12, 0..40)) {
        const WORDS: [&[u8]; 12] = [b"/Author", b"(", b")", b"\\", b"<", b">", b" stream\n",
            b"endstream", b"12 0 R", b"12 0 obj", b"/Type/ObjStm/Filter/FlateDecode", b"#"];
        let text: Vec<u8> = words.iter().flat_map(|word| WORDS[*word]).copied().collect();
        let _refused_or_cleaned = clean(&pdf(&[&text]));
    }
}
