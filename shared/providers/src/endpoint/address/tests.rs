use super::*;

#[test]
fn a_public_host_is_called_over_tls() {
    let longest = format!(
        "https://example.com/{}",
        "x".repeat(2048 - "https://example.com/".len())
    );
    for good in [
        "https://sms.example.org/messages",
        "https://sms.example.org",
        "HTTPS://SMS.Example.ORG/messages?account=7&x=%20",
        "https://sms.example.org:8443/messages",
        "https://xn--hxajbheg2az3al.xn--qxam/",
        "https://1.example.com/",
        "https://0x7f.example.com/",
        "https://my-local.example/",
        "https://notlocalhost.example/",
        "https://example.notlocal/",
        // The addresses of such a name are checked when it is resolved.
        "https://127.0.0.1.nip.io/",
        "https://1.1.1.1/",
        "https://1.1.1.1:8443/",
        "https://[2606:4700:4700::1111]/",
        "https://[2606:4700:4700::1111]:8443/",
        "https://[::ffff:1.1.1.1]/",
        &longest,
    ] {
        assert!(read(good).is_some(), "{good}");
    }
    assert!(read(&format!("{longest}x")).is_none());
}

#[test]
fn other_urls_are_rejected() {
    for bad in [
        // Other schemes, and no scheme.
        "",
        "/",
        "*",
        "example.com",
        "example.com:443",
        "//example.com/",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "https:/example.com/",
        "https:example.com/",
        "https://",
        "https:///messages",
        "https://?x",
        // User information.
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://@example.com/",
        "https://:@example.com/",
        "https://example.com@example.com/",
        "https://example.com@127.0.0.1/",
        "https://1.1.1.1@127.0.0.1/",
        "https://127.0.0.1@example.com/",
        // Fragments, spaces, and ambiguous URLs.
        "https://example.com/#messages",
        "https://example.com#@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/a\\b",
        "https://example.com/a b",
        " https://example.com/",
        "https://example.com/\n",
        "https://example.com/\r\nx-header: 1",
        "https://example.com/\0",
        "https://exämple.com/",
        "https://example.com/ä",
        // Ports.
        "https://example.com:/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:+443/",
        "https://example.com:-1/",
        "https://example.com:https/",
        "https://example.com:80:443/",
        "https://1.1.1.1:0/",
        "https://[2606:4700:4700::1111]:0/",
        "https://[2606:4700:4700::1111]443/",
        "https://:443/",
    ] {
        assert!(read(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn private_names_are_rejected() {
    let long_label = format!("{}.example.com", "a".repeat(64));
    let long_name = format!("{}com", "a.".repeat(126));
    for bad in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "localhost.localdomain.local",
        "printer.local",
        "metadata",
        "metadata.google.internal",
        "METADATA.GOOGLE.INTERNAL",
        "instance-data",
        "ip-10-0-0-1.ec2.internal",
        "router.home.arpa",
        "home.arpa",
        "kubernetes",
        // Not names.
        ".",
        "..",
        ".com",
        "com",
        "example.com.",
        ".example.com",
        "example..com",
        "-example.com",
        "example-.com",
        "exa_mple.com",
        "exa%6Dple.com",
        "example.1",
        "example.0x1",
        "example.0",
        "*.example.com",
        "example.com,localhost",
        &long_label,
        &long_name,
    ] {
        let url = format!("https://{bad}/");
        assert!(read(&url).is_none(), "{url}");
    }
}

#[test]
fn private_addresses_are_rejected() {
    for bad in [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        // Metadata services of machines, tasks and containers.
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[fd00:ec2::23]",
        // The same, and public ones, in inet_aton notation.
        "2130706433",
        "0x7f000001",
        "0X7F000001",
        "017700000001",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0177.0.0.01",
        "0x7f.0.0.1",
        "0x7f.1",
        "127.0.0.0x1",
        "0",
        "0x0",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "0xa9.0xfe.0xa9.0xfe",
        "169.254.43518",
        "16843009",
        "1.1.1",
        "01.1.1.1",
        "1.1.1.01",
        "1.1.1.1.",
        "1.1.1.1.1",
        "256.1.1.1",
        "1.1.1.256",
        "127%2e0%2e0%2e1",
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.0.0.1",
        // IPv6, and IPv4 inside it.
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[0000:0000:0000:0000:0000:0000:0000:0001]",
        "[::127.0.0.1]",
        "[::7f00:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[::FFFF:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::]",
        "[2001::1]",
        "[2001:db8::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[fec0::1]",
        "[ff02::1]",
        "::1",
        "[::1",
        "::1]",
        "[]",
        "[127.0.0.1]",
        "[1.1.1.1]",
        "[example.com]",
        "a[::1]",
        "[::1]a",
        "[v1.1]",
    ] {
        for url in [
            format!("https://{bad}/"),
            format!("https://{bad}"),
            format!("https://{bad}:8443/latest/meta-data/"),
        ] {
            assert!(read(&url).is_none(), "{url}");
        }
    }
}
