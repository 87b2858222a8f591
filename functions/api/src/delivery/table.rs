//! Deliveries as a CSV table for spreadsheets (RFC 4180).

use carillon_domain::{channel::AddressKind, transports::Vendor};
use carillon_store::DeliveryRow;

use super::address;

/// The byte order mark, by which Excel recognizes UTF-8.
const MARK: &str = "\u{feff}";
/// The names of the columns.
const COLUMNS: [&str; 17] = [
    "receiver",
    "first_name",
    "last_name",
    "channel",
    "address",
    "state",
    "reason",
    "reason_text",
    "attempts",
    "resends",
    "transport",
    "vendor",
    "provider_id",
    "changed_at",
    "fate",
    "fate_at",
    "retry_at",
];

/// The rows as lines, with the header on the first page.
pub(super) fn table(rows: &[DeliveryRow], is_first: bool) -> String {
    let mut table = String::new();
    if is_first {
        table.push_str(MARK);
        line(&mut table, &COLUMNS.map(str::to_owned));
    }
    for row in rows {
        let delivery = row.delivery.as_ref();
        let recorded = delivery.and_then(|delivery| delivery.reason.as_ref());
        let reason = recorded.or(row.skip_reason.as_ref());
        let text = |value: Option<&String>| value.map(|text| harmless(text)).unwrap_or_default();
        // A phone number is only a plus sign and digits, and has to remain readable as one.
        let has_number = row.channel.properties().address == AddressKind::Mobile;
        let address = address(&row.receiver, row.channel).unwrap_or_default();
        let at = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        line(
            &mut table,
            &[
                row.receiver_id.to_string(),
                text(row.receiver.first_name.as_ref()),
                text(row.receiver.last_name.as_ref()),
                row.channel.to_string(),
                if has_number {
                    address
                } else {
                    harmless(&address)
                },
                row.state.to_string(),
                text(reason.map(|reason| &reason.code)),
                text(reason.map(|reason| &reason.text)),
                delivery.map_or(0, |delivery| delivery.attempt).to_string(),
                delivery.map_or(0, |delivery| delivery.resends).to_string(),
                delivery
                    .and_then(|delivery| delivery.transport.as_ref())
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                delivery
                    .and_then(|delivery| delivery.vendor)
                    .map_or("", Vendor::as_str)
                    .to_owned(),
                text(delivery.and_then(|delivery| delivery.provider_id.as_ref())),
                at(delivery.map(|delivery| delivery.changed_at)),
                delivery
                    .and_then(|delivery| delivery.fate)
                    .map(|fate| fate.to_string())
                    .unwrap_or_default(),
                at(delivery.and_then(|delivery| delivery.fate_at)),
                at(delivery.and_then(|delivery| delivery.retry_at)),
            ],
        );
    }
    table
}

/// Escapes text that a spreadsheet would take for a formula with a leading apostrophe
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn harmless(text: &str) -> String {
    let is_start = |letter: char| {
        matches!(
            letter,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    match text.starts_with(is_start) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

fn line(table: &mut String, cells: &[String; COLUMNS.len()]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            table.push(',');
        }
        // Some countries use semicolons as separators.
        if cell.contains([',', ';', '"', '\t', '\r', '\n']) {
            table.push('"');
            table.push_str(&cell.replace('"', "\"\""));
            table.push('"');
        } else {
            table.push_str(cell);
        }
    }
    table.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use carillon_domain::{
        channel::Channel,
        delivery::State,
        receivers::{NewReceiver, Source},
    };

    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_row() {
        let new = NewReceiver {
            first_name: Some("=HYPERLINK(\"http://evil.example\";\"x\")".to_owned()),
            last_name: Some("@SUM(1+1)*cmd|' /C calc'!A0, \"Jr\"".to_owned()),
            email: Some("+ann@example.com".to_owned()),
            mobile: Some("+442079460000".to_owned()),
            ..NewReceiver::default()
        };
        let receiver = new.parse(None, Source::Manual).unwrap();
        let row = |channel| DeliveryRow {
            receiver_id: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            receiver: receiver.clone(),
            channel,
            state: State::Pending,
            skip_reason: None,
            delivery: None,
        };
        let table = table(&[row(Channel::Email), row(Channel::Sms)], true);
        let lines: Vec<&str> = table.split("\r\n").collect();
        let [head, email, sms, ""] = lines[..] else {
            panic!("{table}");
        };
        assert!(head.starts_with("\u{feff}receiver,first_name,"), "{head}");
        let name = "\"'=HYPERLINK(\"\"http://evil.example\"\";\"\"x\"\")\"";
        assert!(email.contains(name), "{email}");
        assert!(
            email.contains(",email,'+ann@example.com,pending,"),
            "{email}"
        );
        assert!(sms.contains(",sms,+442079460000,pending,"), "{sms}");
        assert!(
            email.contains("\"'@SUM(1+1)*cmd|' /C calc'!A0, \"\"Jr\"\"\""),
            "{email}"
        );
    }

    #[test]
    fn only_the_first_page_has_the_header() {
        assert_eq!(table(&[], false), "");
        assert_eq!(table(&[], true).lines().count(), 1);
    }
}
