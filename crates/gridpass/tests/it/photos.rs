//! Photos of people.

use gridpass::access::Role;
use reqwest::Method;
use serde_json::Value;

use crate::app::{Answer, Client, TestApp};
use crate::people::{applicant, enclosure, enrolled};

async fn person_id(test: &TestApp, serial: &Value) -> i64 {
    test.scalar(&format!(
        "SELECT person_id FROM person WHERE pass_serial = {serial}"
    ))
    .await
}

/// Sends a picture.
pub async fn put_photo(caller: &Client, path: &str, bytes: Vec<u8>) -> Answer {
    caller
        .send(
            caller
                .request(Method::PUT, path)
                .header("content-type", "image/png")
                .body(bytes),
        )
        .await
}

/// A picture with something in it.
pub fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(900, 600, |x, y| {
        image::Rgb([(x % 256) as u8, (y % 256) as u8, 90])
    });
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn photos_are_small_sealed_and_shown_to_few() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "金地朗悦").await;
    let mut body = applicant("张三", 40, "13800001234");
    body["enclosure_id"] = home.into();
    let (phone, view) = enrolled(&test, body).await;
    phone
        .get("/api/v1/pass/photo")
        .await
        .problem(404, "photo_missing");
    put_photo(&phone, "/api/v1/pass/photo", picture())
        .await
        .expect(204);
    let photo = phone.get("/api/v1/pass/photo").await;
    assert_eq!(
        (
            photo.status.as_u16(),
            photo.headers["cache-control"].to_str().unwrap()
        ),
        (200, "no-store")
    );
    assert_eq!(photo.headers["content-type"], "image/jpeg");
    let shown = image::load_from_memory(&photo.bytes).unwrap();
    assert_eq!((shown.width(), shown.height()), (480, 320));
    let sealed: bool = test
        .scalar("SELECT position('\\xffd8ff'::bytea in photo_sealed) = 0 FROM person")
        .await;
    assert!(sealed);
    assert_eq!(
        phone.get("/api/v1/pass").await.expect(200)["has_photo"],
        true
    );

    let path = format!(
        "/api/v1/people/{}/photo",
        person_id(&test, &view["pass_serial"]).await
    );
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    assert_eq!(worker.get(&path).await.bytes, photo.bytes);
    put_photo(&worker, &path, picture()).await.expect(204);
    // What staff took stands: a pass is not lent by another face.
    put_photo(&phone, "/api/v1/pass/photo", picture())
        .await
        .problem(409, "photo_by_staff");
    test.caller(Role::GridWorker, "440310002")
        .await
        .get(&path)
        .await
        .problem(404, "not_found");
    let desk = test.caller(Role::DataDesk, "").await;
    desk.get(&path).await.problem(403, "not_allowed");
    put_photo(&desk, &path, picture())
        .await
        .problem(403, "not_allowed");

    put_photo(&phone, "/api/v1/pass/photo", b"not a picture".to_vec())
        .await
        .problem(422, "photo_invalid");
    put_photo(&phone, "/api/v1/pass/photo", vec![0; 4 * 1024 * 1024 + 1])
        .await
        .problem(413, "body_too_large");
    let (stranger, _) = enrolled(&test, applicant("李四", 41, "13900001234")).await;
    let of_another = format!("/api/v1/pass/photo?pass_serial={}", view["pass_serial"]);
    stranger
        .get(&of_another)
        .await
        .problem(404, "person_unknown");
    phone.get(&of_another).await.expect_photo();
}

impl Answer {
    #[track_caller]
    fn expect_photo(self) {
        assert_eq!(self.status.as_u16(), 200);
        assert_eq!(self.headers["content-type"], "image/jpeg");
    }
}
