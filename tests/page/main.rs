//! The page about a fleet: what stands in it, how big it gets, and how it behaves in a real browser.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests touch the disk, run a browser and may fail loudly"
)]

mod browser;
mod fleet;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::io::Write as _;

use fleetc::page::report::{Facts, File, report};
use fleetc::source::Sources;

use fleet::{Size, fleet};
use support::program::{fleetc, stderr, stdout};

/// The page of a fleet; `None` if it does not compile.
fn page(sources: &Sources) -> Option<String> {
    let compiled = fleetc::compile(sources).ok()?;
    let mut files = Vec::new();
    for part in compiled.parts() {
        files.extend(compiled.render(&part).files.iter().map(|(path, text)| File::new(path, text)));
    }
    let world = compiled.world();
    let facts = Facts {
        sources,
        mesh: compiled.mesh(),
        world: &world,
        findings: compiled.findings(),
        files: &files,
        now: None,
    };
    Some(report(&facts).unwrap_or_else(|broken| panic!("{broken}")))
}

fn example(name: &str) -> Sources {
    support::sources(&support::root().join("fleets").join(name), name)
}

/// The values of an attribute.
fn values<'p>(page: &'p str, attribute: &'p str) -> impl Iterator<Item = &'p str> {
    let start = format!(" {attribute}=\"");
    let parts: Vec<&str> = page.split(start.as_str()).skip(1).collect();
    parts.into_iter().filter_map(|rest| Some(rest.split_once('"')?.0))
}

/// What a reader without JavaScript sees: the text, scripts and styles left out.
fn text(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let skipped = [("style", "</style>"), ("script", "</script>")];
        let until = skipped.iter().find(|(name, _)| tag.starts_with(name)).map_or(">", |(_, end)| *end);
        rest = tag.split_once(until).map_or("", |(_, rest)| rest);
        text.push(' ');
    }
    text + rest
}

#[test]
fn every_page_stands_alone_and_is_whole() {
    let mut pages = 0;
    let folders = ["fixtures", "fleets"].map(|folder| support::root().join(folder));
    for folder in folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder")) {
        let folder = folder.expect("an entry").path();
        let fleet = if folder.join("fleet").is_dir() { folder.join("fleet") } else { folder.clone() };
        let sources = support::sources(&fleet, "fleet");
        let Some(page) = page(&sources) else { continue };
        pages += 1;
        let at = folder.display();
        for attribute in ["src", "href", "srcset", "action"] {
            for value in values(&page, attribute) {
                assert!(value.starts_with('#') || value == "data:,", "{at}: {attribute}={value}");
            }
        }
        let ids: Vec<&str> = values(&page, "id").collect();
        let each: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), each.len(), "{at}: an id stands twice");
        for target in values(&page, "href").filter_map(|href| href.strip_prefix('#')) {
            assert!(each.contains(target), "{at}: #{target} leads nowhere");
        }
        let compiled = fleetc::compile(&sources).expect("it did");
        let text = text(&page);
        let mesh = compiled.mesh();
        let names = mesh.clusters.iter().map(|cluster| cluster.name.as_str());
        let names = names.chain(mesh.workspaces.iter().map(|workspace| workspace.name.as_str()));
        let services = mesh.clusters.iter().flat_map(|cluster| cluster.namespaces.values());
        let services = services.flat_map(|namespace| &namespace.services);
        let ported = services.filter(|(_, service)| !service.ports.is_empty()).map(|(name, _)| name.as_str());
        for name in names.chain(ported) {
            assert!(text.contains(name), "{at}: `{name}` does not stand in the page");
        }
    }
    assert!(pages > 100, "{pages} pages");
}

#[test]
fn the_same_fleet_is_the_same_bytes() {
    let sources = example("solo-demo");
    assert_eq!(page(&sources), page(&sources));
}

#[test]
fn a_page_says_what_questions_answer() {
    let text = text(&page(&example("solo-demo")).expect("a page"));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // `who-can ledger.platform-shared:8443` and `:9090`
    assert!(text.contains("ledger:8443 all 3 payments-prod/checkout nobody else"), "{text}");
    assert!(text.contains("solo-demo/tenancy/platform-settings.yaml:9"), "{text}");
}

#[test]
fn the_command_writes_the_page_or_says_why_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("page.html");
    std::fs::write(&path, "what stood there before").expect("writable");
    let fleet = support::root().join("fleets/solo-demo");
    let line = |html: &str| format!("report --fleet {} --html {html} --now 2026-11-22", fleet.display());
    let written = fleetc(folder.path(), &line("page.html")).success();
    assert!(stderr(&written).contains("wrote page.html"), "{}", stderr(&written));
    let printed = stdout(&fleetc(folder.path(), &line("-")).success());
    assert_eq!(std::fs::read_to_string(&path).expect("a page"), printed);
    assert!(printed.starts_with("<!doctype html>"));

    let wrong = folder.path().join("fleets/wrong");
    std::fs::create_dir_all(&wrong).expect("a folder");
    std::fs::write(wrong.join("fleet.yaml"), "kind: Workspace\n").expect("writable");
    let refused = fleetc(folder.path(), "report --fleet fleets/wrong --html none.html").code(1);
    assert!(stderr(&refused).contains("error[FC"), "{}", stderr(&refused));
    assert!(!folder.path().join("none.html").exists());
}

/// What a page may weigh for one Service: at 5,000 it stays below 5 MB.
const BYTES_PER_SERVICE: usize = 950;

#[test]
fn a_page_grows_slowly() {
    for alike in [true, false] {
        let small = Size { clusters: 5, services: 20, namespaces: 4, alike };
        let large = Size { clusters: 10, services: 40, namespaces: 8, alike };
        let bytes = |size| page(&fleet(size)).expect("a fleet without errors").len();
        let more = bytes(large).saturating_sub(bytes(small)) / (large.total() - small.total());
        assert!(more < BYTES_PER_SERVICE, "{more} bytes a service, alike: {alike}");
    }
}

/// `cargo test --release --test page -- --ignored --nocapture`
#[test]
#[ignore = "a minute in a debug build"]
fn fifty_clusters_and_five_thousand_services_are_a_page_below_five_megabytes() {
    for alike in [true, false] {
        let size = Size { clusters: 50, services: 100, namespaces: 20, alike };
        let start = std::time::Instant::now();
        let page = page(&fleet(size)).expect("a fleet without errors");
        eprintln!("alike: {alike}: {} bytes, compiled and written in {:.1?}", page.len(), start.elapsed());
        assert!(page.len() < 5_000_000, "{}", page.len());
        in_browser("a large page in a browser", &page, |browser| {
            let rows = "return document.querySelectorAll('.destinations tbody tr').length";
            eprintln!("  {} rows of destinations", browser.ask(rows));
            let latency = browser.ask(
                "const text = document.getElementById('filter-text'); const start = performance.now(); text.value = 's1'; \
                 document.getElementById('filter-group').dispatchEvent(new Event('change')); \
                 document.body.offsetHeight; return Math.round(performance.now() - start)",
            );
            eprintln!("  filtered, and laid out again, in {latency} ms");
            let latency = browser.ask(
                "const start = performance.now(); document.querySelector('.matrix thead button').click(); \
                 document.querySelector('.matrix thead .depth-1 button').click(); document.body.offsetHeight; \
                 return [Math.round(performance.now() - start), document.querySelectorAll('.matrix td').length]",
            );
            eprintln!("  unfolded twice, in ms, to cells: {latency}");
        });
    }
}

/// Uses a page in a browser. Where none is installed the test says so, loudly, and proves nothing.
fn in_browser(test: &str, page: &str, used: impl FnOnce(&browser::Browser)) {
    open_in_browser(test, page, |browser, own| {
        used(browser);
        assert_eq!(browser.console(), Vec::<String>::new(), "the console is silent");
        let mut asked = browser.requests();
        asked.retain(|url| !url.starts_with(&format!("{own}#")));
        asked.dedup();
        assert_eq!(asked, [own], "no request leaves the page");
    });
}

fn open_in_browser(test: &str, page: &str, used: impl FnOnce(&browser::Browser, &str)) {
    let browser = match browser::open() {
        Ok(browser) => browser,
        Err(why) => {
            // past the test harness, which would keep it to itself
            let _ = writeln!(
                std::io::stderr(),
                "\n*** SKIPPED: {test}: {why}\n*** nothing of it was tested; install it: apt-get install -y chromium chromium-driver\n"
            );
            return;
        }
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("page.html");
    std::fs::write(&path, page).expect("writable");
    browser.go(&path);
    let own = format!("file://{}", path.display());
    used(&browser, &own);
}

const SHOWN: &str = "return [...document.querySelectorAll('.destinations tbody tr')].filter(row => !row.hidden && \
                     row.closest('table').hidden === false).map(row => row.cells[0].textContent).join(' ')";

#[test]
fn a_browser_shows_filters_and_explains() {
    let page = page(&example("solo-demo")).expect("a page");
    in_browser("a_browser_shows_filters_and_explains", &page, |browser| {
        // content
        let headings =
            browser.ask("return [...document.querySelectorAll('h2')].map(h => h.textContent).join()");
        assert_eq!(headings, "Topology,Workspaces,Access,Certificates,Findings,Rendered tree");
        let all = browser.ask(SHOWN).as_str().expect("names").to_owned();
        assert!(all.contains("ledger") && all.contains("checkout"), "{all}");
        // the matrix that the script draws counts as the one that stands in the page
        let drawn = browser.ask(
            "return [...document.querySelectorAll('#matrix td')].map(cell => cell.textContent).join(' ')",
        );
        let fixed =
            page.split_once("id=\"matrix\"").expect("a matrix").1.split_once("</table>").expect("its end").0;
        let fixed = text(fixed.split_once("<tbody>").expect("rows").1);
        let counts: Vec<&str> =
            fixed.split_whitespace().filter(|word| word.parse::<usize>().is_ok()).collect();
        let drawn = drawn.as_str().expect("text").replace(" of ", " ");
        assert!(
            !counts.is_empty() && drawn.trim().starts_with(&counts.join(" ")),
            "{drawn} is not {counts:?}"
        );
        // filtering
        browser.type_into("#filter-text", "ledger");
        assert!(
            browser.comes("return document.getElementById('filter-result').textContent.startsWith('2 of ')")
        );
        let shown = browser.ask(SHOWN).as_str().expect("names").to_owned();
        assert!(shown.contains("ledger") && !shown.contains("checkout"), "{shown}");
        assert_eq!(browser.ask("return document.querySelectorAll('.matrix thead th').length"), 1);
        browser.ask("const text = document.getElementById('filter-text'); text.value = ''; text.dispatchEvent(new Event('input'))");
        assert!(
            browser.comes("return !document.getElementById('filter-result').textContent.includes(' of ')")
        );
        // folding, and back, by keyboard
        let rows = "return document.querySelectorAll('.matrix tbody tr').length";
        let before = browser.ask(rows).as_u64().expect("rows");
        browser.type_into(".matrix tbody th button", "\u{e006}");
        let after = browser.ask(rows).as_u64().expect("rows");
        assert_eq!(after, before + 1, "the one namespace of the first workspace, still folded");
        assert_eq!(browser.ask("return document.activeElement.getAttribute('aria-expanded')"), "true");
        browser.type_into(".matrix tbody th button", "\u{e006}");
        assert_eq!(browser.ask(rows).as_u64(), Some(before));
        // a cell explains itself by lines of the fleet
        browser.click(".matrix td.part button, .matrix td.yes button");
        let why = browser.ask("return document.getElementById('explanation').innerText");
        let why = why.as_str().expect("text");
        assert!(why.contains("solo-demo/") && why.contains(".yaml:"), "{why}");
        // both colours
        let ground = "return getComputedStyle(document.body).backgroundColor";
        let light = browser.ask(ground);
        let dark = serde_json::json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        browser.protocol("Emulation.setEmulatedMedia", &dark);
        assert_ne!(browser.ask(ground), light);
        // on a narrow screen nothing but tables is wider than it
        browser.protocol(
            "Emulation.setDeviceMetricsOverride",
            &serde_json::json!({"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": true}),
        );
        assert_eq!(browser.ask("return document.documentElement.scrollWidth <= 390"), true);
    });
}

#[test]
fn a_page_forbids_itself_the_network_and_scripts_of_others() {
    let page = page(&example("solo-demo")).expect("a page");
    let foreign = "<img src=\"http://127.0.0.1:9/x.png\"><script>window.foreign = true</script></main>";
    let page = page.replace("</main>", foreign);
    open_in_browser("a_page_forbids_itself_the_network_and_scripts_of_others", &page, |browser, _| {
        assert_eq!(browser.ask("return window.foreign === undefined"), true);
        let console = browser.console();
        let refused = console.iter().filter(|entry| entry.contains("Content Security Policy")).count();
        assert_eq!((refused, console.len()), (2, 2), "{console:?}");
    });
}

#[test]
fn a_page_is_whole_without_javascript() {
    let page = page(&example("solo-demo")).expect("a page");
    in_browser("a_page_is_whole_without_javascript", &page, |browser| {
        browser.protocol("Emulation.setScriptExecutionDisabled", &serde_json::json!({"value": true}));
        browser.reload();
        assert_eq!(browser.ask("return document.querySelectorAll('#matrix button').length"), 0);
        assert_eq!(browser.ask("return getComputedStyle(document.querySelector('.filter')).display"), "none");
        assert!(browser.ask("return document.querySelectorAll('#matrix td').length").as_u64() > Some(4));
        // what is folded opens, and a reason is a link away
        browser.click("details.group summary");
        browser.click("details.group[open] td a");
        assert_eq!(browser.ask("return document.querySelector(':target') !== null"), true);
        let shown = browser.ask("return document.querySelector('.reasons').open");
        assert_eq!(shown, true, "what a link leads to is unfolded");
    });
}
