//! Portraits: read within limits, turned upright, made small, stripped of everything but the
//! picture, and sealed.
//!
//! A photo is decoded and encoded anew, so no metadata (places, devices, thumbnails) and no
//! trick of the original file survives.

use std::io::Cursor;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use gridpass_types::ids::PersonId;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use super::store;
use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::Field;

/// Bytes of an upload at most.
pub const INPUT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pixels of the long side as stored.
const SIDE_PIXELS_MAX: u32 = 480;
/// Pixels of one side as uploaded; phones make up to 9,248.
const INPUT_SIDE_PIXELS_MAX: u32 = 10_000;
/// Pixels as uploaded: 50 megapixels take 150 MB decoded.
const INPUT_PIXELS_MAX: u64 = 50_000_000;
/// Bytes that decoding may take.
const DECODE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Quality of the stored JPEG: faces stay clear at some 30 kB.
const JPEG_QUALITY: u8 = 82;

/// Uploads decoded at the same time; more would let a few callers take all memory.
static DECODING: Semaphore = Semaphore::const_new(2);

/// A stored portrait, as an answer that no cache keeps.
pub struct Jpeg(Vec<u8>);

impl IntoResponse for Jpeg {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "image/jpeg"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (headers, self.0).into_response()
    }
}

/// A person's photo. The caller has established who may see it.
///
/// # Errors
/// 404 `photo_missing`; or when it does not open.
pub async fn photo(db: &Client, app: &App, person_id: PersonId) -> ApiResult<Jpeg> {
    let sealed = store::find_photo(db, person_id).await?;
    let sealed = sealed.ok_or_else(|| ApiError::new(Code::PhotoMissing))?;
    Ok(Jpeg(app.sealer.open(
        Field::Photo,
        person_id.get(),
        &sealed,
    )?))
}

/// Makes a person's sealed photo of an uploaded picture.
///
/// # Errors
/// 422 `photo_invalid` when it is no JPEG, PNG or WebP of sane size.
pub(super) async fn seal_photo(
    app: &App,
    person_id: PersonId,
    upload: axum::body::Bytes,
) -> ApiResult<Vec<u8>> {
    let jpeg = redraw(upload, SIDE_PIXELS_MAX).await?;
    let sealer = &app.sealer;
    Ok(sealer.seal(Field::Photo, person_id.get(), &jpeg, &app.entropy))
}

/// Draws an uploaded picture anew: upright, its long side at most so many pixels, as a JPEG
/// without anything but the picture.
///
/// # Errors
/// 422 `photo_invalid` when it is no JPEG, PNG or WebP of sane size.
pub async fn redraw(upload: axum::body::Bytes, side_pixels_max: u32) -> ApiResult<Vec<u8>> {
    let _permit = DECODING.acquire().await.map_err(internal)?;
    let draw = move || portrait(&upload, side_pixels_max);
    let drawn = tokio::task::spawn_blocking(draw).await;
    drawn
        .map_err(internal)?
        .map_err(|_| ApiError::new(Code::PhotoInvalid))
}

fn internal(error: impl Into<anyhow::Error>) -> ApiError {
    ApiError::internal(error)
}

/// Why an upload is no portrait; never shown, the answer names all formats.
#[derive(Debug, thiserror::Error)]
enum PortraitError {
    #[error("not a picture of a format that is taken")]
    Format,
    #[error("too many pixels")]
    Pixels,
    #[error(transparent)]
    Image(#[from] image::ImageError),
}

/// Decodes, turns upright, shrinks and encodes.
fn portrait(upload: &[u8], side_pixels_max: u32) -> Result<Vec<u8>, PortraitError> {
    let mut reader = ImageReader::new(Cursor::new(upload))
        .with_guessed_format()
        .map_err(|_| PortraitError::Format)?;
    match reader.format() {
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) => {}
        _ => return Err(PortraitError::Format),
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(INPUT_SIDE_PIXELS_MAX);
    limits.max_image_height = Some(INPUT_SIDE_PIXELS_MAX);
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > INPUT_PIXELS_MAX {
        return Err(PortraitError::Pixels);
    }
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if width.max(height) > side_pixels_max {
        picture = picture.resize(side_pixels_max, side_pixels_max, FilterType::Triangle);
    }
    picture.apply_orientation(orientation);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY).encode_image(&picture.into_rgb8())?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    /// A picture whose left half is red and right half is blue.
    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, _| {
            if x < width / 2 {
                Rgb([220, 20, 20])
            } else {
                Rgb([20, 20, 220])
            }
        })
    }

    fn small(upload: &[u8]) -> Result<Vec<u8>, PortraitError> {
        portrait(upload, SIDE_PIXELS_MAX)
    }

    fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// A JPEG with an EXIF segment that says orientation 6: turn a quarter clockwise.
    fn turned_jpeg(picture: &RgbImage) -> Vec<u8> {
        let plain = encoded(picture, ImageFormat::Jpeg);
        let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let mut bytes = plain[..2].to_vec();
        bytes.extend_from_slice(&[0xff, 0xe1]);
        bytes.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        bytes.extend_from_slice(exif);
        bytes.extend_from_slice(&plain[2..]);
        bytes
    }

    fn decoded(jpeg: &[u8]) -> RgbImage {
        image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)
            .unwrap()
            .into_rgb8()
    }

    #[test]
    fn every_format_becomes_a_small_jpeg() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let drawn = decoded(&small(&encoded(&picture(1200, 900), format)).unwrap());
            assert_eq!(drawn.dimensions(), (480, 360), "{format:?}");
        }
        let kept = decoded(&small(&encoded(&picture(300, 400), ImageFormat::Png)).unwrap());
        assert_eq!(kept.dimensions(), (300, 400));
    }

    #[test]
    fn the_picture_stands_upright_and_nothing_else_is_left() {
        let turned = turned_jpeg(&picture(800, 600));
        let jpeg = small(&turned).unwrap();
        let upright = decoded(&jpeg);
        assert_eq!(upright.dimensions(), (360, 480));
        // What was left is on top now.
        assert!(upright.get_pixel(180, 40).0[0] > 150);
        assert!(upright.get_pixel(180, 440).0[2] > 150);
        assert!(!jpeg.windows(4).any(|bytes| bytes == b"Exif"));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let png = encoded(&picture(64, 64), ImageFormat::Png);
        assert!(small(b"").is_err());
        assert!(small(b"<svg xmlns='http://www.w3.org/2000/svg'/>").is_err());
        assert!(small(&png[..png.len() / 2]).is_err());
        assert!(small(b"GIF89a\x01\0\x01\0\0\0\0;").is_err());
        // A header that promises 60,000 by 60,000 pixels.
        let mut huge = png;
        huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert!(small(&huge).is_err());
    }
}
