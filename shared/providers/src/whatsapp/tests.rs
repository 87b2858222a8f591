use super::*;

#[test]
fn a_button_opens_a_url_unless_it_has_a_payload() {
    let mut template = known::template("timetable");
    assert_eq!(
        buttons(&template).collect::<Vec<_>>(),
        [
            (0, Button::Url("timetable/42")),
            (2, Button::Reply("I am OK"))
        ]
    );
    template.buttons = vec![String::new()];
    assert_eq!(buttons(&template).count(), 0);
}

#[test]
fn a_sender_is_a_full_phone_number() {
    for (text, is_right) in [
        ("+447700900123", true),
        ("+1234567", true),
        ("447700900123", false),
        ("+0447700900123", false),
        ("+44 7700 900123", false),
        ("+123456", false),
        ("+1234567890123456", false),
        ("whatsapp:+447700900123", false),
        ("Carillon", false),
        ("", false),
    ] {
        assert_eq!(is_sender(text), is_right, "{text}");
    }
}
