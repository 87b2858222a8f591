use std::fmt::Write;

use carillon_local::stack::logs::Reader;

use crate::support::World;

/// Peak memory of each function, in kilobytes.
const MOST_KILOBYTES: u64 = 64 * 1024;
const FUNCTIONS: [&str; 6] = ["api", "jobs", "fanout", "email", "tally", "release"];

/// Maximum bytes logged per receiver by all functions together.
const MOST_LOGGED: usize = 100;

#[tokio::test]
async fn ten_thousand_receivers_need_little_memory_and_the_totals_equal_a_recount() {
    let world = World::alone("large").await;
    let campaign = world.campaign(&["email"]).await;
    let mut file = "email,first name\n".to_owned();
    for number in 0..10_000 {
        writeln!(file, "{},Person {number}", world.address(number)).unwrap();
    }
    let import = world
        .api
        .import(&campaign, file.into_bytes())
        .await
        .unwrap();
    let import = world.imported(&import).await;
    assert_eq!(import["rows_added"], 10_000, "{import}");
    world.publish(&campaign).await;
    world
        .completed_within(&campaign, std::time::Duration::from_secs(900))
        .await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(
        (audit.count("email", "sent"), audit.accepted_calls),
        (10_000, 10_000)
    );
    for function in FUNCTIONS {
        for process in world.stack.function_processes(function) {
            let peak = process.peak_memory().unwrap_or_default();
            assert!(peak < MOST_KILOBYTES, "{function} needed {peak} kB");
            println!("{function}: {peak} kB");
        }
    }
    let endpoint = world.stack.details().endpoint();
    let mut logged = 0;
    for function in FUNCTIONS.into_iter().chain(["receipts", "dead_letters"]) {
        let lines = Reader::new(&endpoint, function).unwrap().next().await;
        let lines = lines.unwrap();
        // AWS does not add the lines that the local AWS adds (`LoggingConfig` in the template).
        // Requests made by this test while waiting do not count either.
        let own = lines.iter().filter(|line| {
            line.message.starts_with('{') && !line.message.contains(r#""method":"GET""#)
        });
        let lengths: Vec<usize> = own.map(|line| line.message.len() + 1).collect();
        let bytes: usize = lengths.iter().sum();
        println!("{function}: {} lines, {bytes} bytes", lengths.len());
        logged += bytes;
    }
    let each = logged.div_ceil(10_000);
    assert!(each <= MOST_LOGGED, "{each} bytes logged for each receiver");
    println!("{each} bytes logged for each receiver");
}
