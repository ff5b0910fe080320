//! What is shown for an appeal: drawn anew or checked, sealed, and each look on record.

use gridpass::access::Role;
use serde_json::Value;

use super::{OWN, Stopped, against, path, stopped};
use crate::app::{Answer, Client};
use crate::evidence::{ELSEWHERE, HERE};
use crate::photos::picture;

async fn add(caller: &Client, path: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let bytes: Vec<u8> = bytes.into();
    caller
        .post_text(path, "application/octet-stream", bytes)
        .await
}

/// A JPEG with the place where it was taken.
fn photo() -> Vec<u8> {
    let picture = image::load_from_memory(&picture()).unwrap();
    let mut plain = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut plain, image::ImageFormat::Jpeg)
        .unwrap();
    let plain = plain.into_inner();
    let exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0GPS 22.69N 114.35E";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, exif, &plain[2..]].concat()
}

fn pdf(object: &str) -> Vec<u8> {
    format!(
        "%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n3 0 obj\n{object}\nendobj\n\
         trailer\n<</Root 1 0 R/Info 3 0 R>>\nstartxref\n0\n%%EOF\n"
    )
    .into_bytes()
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

struct Shown {
    stopped: Stopped,
    appeal: Value,
    own: String,
}

async fn appeal() -> Shown {
    let stopped = stopped().await;
    let appeal = stopped.phone.post(OWN, against("colour")).await.expect(201);
    let own = format!("{OWN}/{}/evidence", appeal["appeal_id"]);
    Shown {
        stopped,
        appeal,
        own,
    }
}

#[tokio::test]
async fn photos_lose_their_place_and_papers_their_author() {
    let Shown {
        stopped,
        appeal,
        own,
    } = appeal().await;
    let Stopped {
        test,
        doctor,
        person,
        phone,
    } = stopped;
    assert!(contains(&photo(), b"GPS"));
    let image = add(&phone, &own, photo()).await.expect(201);
    assert_eq!(image["media"], "image");
    let again = add(&phone, &own, photo()).await.expect(200);
    assert_eq!(
        again["evidence_id"], image["evidence_id"],
        "the same file is there already"
    );
    let paper = add(
        &phone,
        &own,
        pdf("<</Author(Zhang San)/Producer(scanner 7)>>"),
    )
    .await;
    let paper = paper.expect(201);
    assert_eq!(paper["media"], "pdf");

    let evidence = path(person, &appeal, "/evidence");
    let shown = doctor
        .get(&format!("{evidence}/{}", image["evidence_id"]))
        .await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.headers["content-type"], "image/jpeg");
    assert_eq!(shown.headers["cache-control"], "no-store");
    assert_eq!(
        shown.bytes.len(),
        usize::try_from(image["content_bytes"].as_u64().unwrap()).unwrap()
    );
    assert!(image::load_from_memory(&shown.bytes).is_ok());
    assert!(!contains(&shown.bytes, b"Exif") && !contains(&shown.bytes, b"GPS"));
    let shown = doctor
        .get(&format!("{evidence}/{}", paper["evidence_id"]))
        .await;
    assert_eq!(shown.headers["content-type"], "application/pdf");
    assert!(
        shown.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert!(!contains(&shown.bytes, b"Zhang") && !contains(&shown.bytes, b"scanner"));
    let mine = phone.get(&format!("{own}/{}", paper["evidence_id"])).await;
    assert_eq!(mine.bytes, shown.bytes);
    let looks: i64 = test
        .scalar("SELECT count(*) FROM audit_entry WHERE action = 'get_appeal_evidence'")
        .await;
    assert_eq!(looks, 2, "each look is on record");
    let clear: i64 = test
        .scalar("SELECT count(*) FROM appeal_evidence_chunk WHERE position('%PDF'::bytea in content_sealed) > 0
            OR position('\\xffd8'::bytea in content_sealed) = 1")
        .await;
    assert_eq!(clear, 0, "what is stored is sealed");
    let outside = test.caller(Role::TeamDoctor, ELSEWHERE).await;
    outside
        .get(&format!("{evidence}/{}", image["evidence_id"]))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_large_paper_comes_back_whole() {
    let Shown { stopped, own, .. } = appeal().await;
    let filler: String = (0..1_500_000)
        .map(|n| char::from(b'a' + (n % 23) as u8))
        .collect();
    let large = pdf(&format!("({filler})"));
    let view = add(&stopped.phone, &own, large.clone()).await.expect(201);
    let chunks: i64 = stopped
        .test
        .scalar("SELECT count(*) FROM appeal_evidence_chunk")
        .await;
    assert_eq!(chunks, 6);
    let back = stopped
        .phone
        .get(&format!("{own}/{}", view["evidence_id"]))
        .await;
    assert_eq!(back.bytes, large);
}

#[tokio::test]
async fn what_is_not_a_picture_or_a_plain_paper_is_refused_with_a_reason() {
    let Shown { stopped, own, .. } = appeal().await;
    let phone = &stopped.phone;
    for bad in [
        &b"MZ\x90\0"[..],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a\x01\0",
        b"",
        b"PK\x03\x04",
    ] {
        add(phone, &own, bad)
            .await
            .problem(422, "evidence_type_unknown");
    }
    add(phone, &own, &photo()[..200])
        .await
        .problem(422, "evidence_unreadable");
    add(phone, &own, &b"%PDF-1.5 and nothing"[..])
        .await
        .problem(422, "evidence_unreadable");
    for object in [
        "<</S/JavaScript/JS(app.alert(1))>>",
        "<</S/#4aavaScript>>",
        "<</S/Launch>>",
        "<</EmbeddedFiles 4 0 R>>",
    ] {
        add(phone, &own, pdf(object))
            .await
            .problem(422, "evidence_active");
    }
    let huge = vec![b'x'; 5 * 1024 * 1024 + 1];
    add(phone, &own, huge).await.problem(413, "body_too_large");
    let stored: i64 = stopped
        .test
        .scalar("SELECT count(*) FROM appeal_evidence")
        .await;
    assert_eq!(stored, 0);
}

#[tokio::test]
async fn six_at_most_and_none_once_it_is_closed() {
    let Shown {
        stopped,
        appeal,
        own,
    } = appeal().await;
    let Stopped {
        test,
        person,
        phone,
        ..
    } = stopped;
    for n in 0..6 {
        add(&phone, &own, pdf(&format!("({n})"))).await.expect(201);
    }
    add(&phone, &own, pdf("(7)"))
        .await
        .problem(409, "evidence_too_many");
    let withdraw = format!("{OWN}/{}/withdraw", appeal["appeal_id"]);
    phone
        .post(&withdraw, serde_json::json!({}))
        .await
        .expect(200);
    add(&phone, &own, pdf("(8)"))
        .await
        .problem(409, "appeal_closed");
    let worker = test.caller(Role::GridWorker, HERE).await;
    let evidence = path(person, &appeal, "/evidence");
    add(&worker, &evidence, pdf("(9)"))
        .await
        .problem(409, "appeal_closed");
    let guard = test.caller(Role::GateGuard, HERE).await;
    add(&guard, &evidence, pdf("(9)"))
        .await
        .problem(403, "not_allowed");
}
