//! A headless browser: just enough of WebDriver, over plain HTTP, to open a page from disk and use it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser with one window. It ends with the value.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

/// A new browser with an empty profile; why there is none, where Chromium and its driver are not installed.
pub fn open() -> Result<Browser, String> {
    let program = installed(&["chromium", "chromium-browser", "google-chrome"])?;
    let driver = installed(&["chromedriver"])?;
    let mut driver = Command::new(driver)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("chromedriver does not start: {error}"))?;
    let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
    let port = lines.find_map(|line| {
        line.ok()?.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
    });
    // what it says later must not fill the pipe
    std::thread::spawn(move || lines.for_each(drop));
    let port = port.expect("chromedriver says its port");
    let profile = tempfile::tempdir().expect("a folder");
    let mut browser = Browser { driver, port, session: String::new(), _profile: profile };
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1000",
    ];
    let profile = format!("--user-data-dir={}", browser._profile.path().display());
    let arguments: Vec<&str> = arguments.into_iter().chain([profile.as_str()]).collect();
    let answer = browser.call(
        "POST",
        "/session",
        &json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": program, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}}),
    );
    browser.session =
        answer["sessionId"].as_str().unwrap_or_else(|| panic!("a session: {answer}")).to_owned();
    // the browser's own first page is not what is tested
    browser.post("/url", &json!({"url": "about:blank"}));
    browser.requests();
    Ok(browser)
}

fn installed(names: &[&str]) -> Result<String, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|path| path.is_file());
    found.map(|path| path.display().to_string()).ok_or_else(|| format!("{} is not installed", names[0]))
}

impl Browser {
    /// Opens a page from disk.
    pub fn go(&self, page: &Path) {
        self.post("/url", &json!({"url": format!("file://{}", page.display())}));
    }

    /// Opens it again.
    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// What a piece of script returns in the page.
    pub fn ask(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Asks until it is true; false if it is not within a while.
    pub fn comes(&self, script: &str) -> bool {
        for _ in 0..100 {
            if self.ask(script) == Value::Bool(true) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// Types as a person does, into what a CSS selector finds.
    pub fn type_into(&self, selector: &str, text: &str) {
        self.element(selector, "value", &json!({"text": text}));
    }

    /// Clicks what a CSS selector finds; it must be visible.
    pub fn click(&self, selector: &str) {
        self.element(selector, "click", &json!({}));
    }

    fn element(&self, selector: &str, action: &str, body: &Value) {
        let found = self.post("/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|found| found.values().next()?.as_str().map(str::to_owned));
        let id = id.unwrap_or_else(|| panic!("`{selector}` finds nothing: {found}"));
        self.post(&format!("/element/{id}/{action}"), body);
    }

    /// A command of the browser's own protocol.
    pub fn protocol(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// What the page wrote to the console, errors of the browser about it included.
    pub fn console(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        log.as_array().into_iter().flatten().map(ToString::to_string).collect()
    }

    /// Everything that was asked for since this was asked last, data inside the page left out.
    pub fn requests(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "performance"}));
        let events = log.as_array().into_iter().flatten().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let sent = event["message"]["method"] == "Network.requestWillBeSent";
            let url = event["message"]["params"]["request"]["url"].as_str()?.to_owned();
            (sent && !url.starts_with("data:")).then_some(url)
        });
        events.collect()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.call("POST", &format!("/session/{}{path}", self.session), body);
        assert!(answer.get("error").is_none(), "{path}: {answer}");
        answer
    }

    /// One request; `value` of the answer.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("chromedriver listens");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a timeout");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .expect("it takes a request");
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).expect("an answer");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut text = vec![0; length];
        answer.read_exact(&mut text).expect("the whole answer");
        let mut answer: Value = serde_json::from_slice(&text).expect("JSON");
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.call("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
