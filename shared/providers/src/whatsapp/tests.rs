use carillon_domain::channel::Channel;

use super::*;

#[test]
fn a_button_is_for_an_address_unless_it_says_otherwise() {
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
fn a_sender_is_a_whole_number() {
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

#[test]
fn every_vendor_of_whatsapp_is_known_here_and_no_other() {
    for vendor in Vendor::ALL {
        let is_ours = vendor.channel() == Channel::WhatsApp;
        assert_eq!(!settings(*vendor).is_empty(), is_ours, "{vendor}");
    }
}
