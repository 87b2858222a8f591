use serde_json::json;

use crate::{
    api::answers::{everything, people, post},
    support::{World, eventually},
};

/// Uploads a file for a campaign, and checks that nothing was loaded and the campaign is still usable.
async fn assert_refused(case: &str, code: &str, file: impl FnOnce(&World) -> Vec<u8>) {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let before = everything(&world.api).await;
    let id = world.api.import(&campaign, file(&world)).await.unwrap();
    let import = world.imported(&id).await;
    let status = (&import["status"], &import["refusal"]["code"]);
    assert_eq!(
        status,
        (&json!("refused"), &json!(code)),
        "{case}: {import}"
    );
    let detail = import["refusal"]["detail"].as_str().unwrap();
    assert!(!detail.is_empty() && detail.len() < 500, "{case}: {detail}");
    let counts =
        ["rows_read", "rows_added", "rows_refused", "rows_duplicate"].map(|name| &import[name]);
    assert_eq!(counts, [0, 0, 0, 0], "{case}: {import}");
    eventually("the campaign is released", async || {
        let shown = world.api.get(&path).await.unwrap();
        (shown.body["loading"] == false).then_some(())
    })
    .await;
    assert_eq!(everything(&world.api).await, before, "{case}");

    // Another file is accepted.
    let good = format!("email\n{}\n", world.address(1)).into_bytes();
    let id = world.api.import(&campaign, good).await.unwrap();
    assert_eq!(world.imported(&id).await["rows_added"], 1, "{case}");
    assert_eq!(people(&world.api, &path).await.len(), 1, "{case}");
    eventually("it is published", async || {
        let published = post(&world, &format!("{path}/publish"), &json!({})).await;
        (published.status == 202).then_some(())
    })
    .await;
}

/// A file with an error after more good rows than fit on one page.
fn after_good_rows(world: &World, trouble: &[u8]) -> Vec<u8> {
    let mut file = b"email,first_name\n".to_vec();
    for number in 0..700 {
        file.extend_from_slice(format!("{},Ann\n", world.address(number)).as_bytes());
    }
    file.extend_from_slice(trouble);
    file
}

#[tokio::test]
async fn a_file_without_a_usable_column_is_rejected() {
    assert_refused("names only", "no_usable_column", |_| {
        b"first_name,last_name\nAnn,Lee\n".to_vec()
    })
    .await;
    assert_refused("no first line of names", "no_usable_column", |world| {
        format!("{},Ann\n{},Bob\n", world.address(1), world.address(2)).into_bytes()
    })
    .await;
}

#[tokio::test]
async fn a_file_with_conflicting_columns_is_rejected() {
    assert_refused("two address columns", "conflicting_columns", |world| {
        format!("email,E-Mail\n{0},{0}\n", world.address(1)).into_bytes()
    })
    .await;
    assert_refused("too many columns", "too_many_columns", |world| {
        let names: String = (0..200).map(|number| format!(",column_{number}")).collect();
        format!("email{names}\n{}\n", world.address(1)).into_bytes()
    })
    .await;
}

#[tokio::test]
async fn a_file_with_invalid_utf_8_anywhere_is_rejected() {
    assert_refused("at the beginning", "not_utf8", |_| {
        b"email,name\nann@example.com,Z\xfcrich\n".to_vec()
    })
    .await;
    assert_refused("in a late row", "not_utf8", |world| {
        after_good_rows(world, b"late@example.com,Z\xfcrich\n")
    })
    .await;
    assert_refused("UTF-16", "not_utf8", |_| {
        let text = "email\nann@example.com\n".encode_utf16();
        [0xfeff]
            .into_iter()
            .chain(text)
            .flat_map(u16::to_le_bytes)
            .collect()
    })
    .await;
}

#[tokio::test]
async fn a_file_with_5_mb_in_one_cell_is_rejected() {
    let huge = vec![b'x'; 5_000_000];
    assert_refused("in a late row", "row_too_long", |world| {
        let mut row = b"late@example.com,".to_vec();
        row.extend_from_slice(&huge);
        after_good_rows(world, &row)
    })
    .await;
    assert_refused("in the first line", "row_too_long", |_| huge.clone()).await;
}

#[tokio::test]
async fn an_empty_file_is_rejected() {
    assert_refused("a byte-order mark", "empty_file", |_| {
        b"\xef\xbb\xbf".to_vec()
    })
    .await;
    assert_refused("empty lines", "empty_file", |_| b"\r\n\n\n".to_vec()).await;
}

#[tokio::test]
async fn an_unclosed_quote_is_rejected() {
    assert_refused("in a late row", "unclosed_quote", |world| {
        let mut file = after_good_rows(world, b"late@example.com,\"Ann\n");
        for number in 0..3_000 {
            file.extend_from_slice(format!("more{number}@example.com,Bob\n").as_bytes());
        }
        file
    })
    .await;
}
