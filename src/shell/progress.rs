//! How far long work is, on a terminal.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
const REPAINT: Duration = Duration::from_millis(100);

/// A line `label: done of total` on standard error that goes away with the value.
#[derive(Debug)]
pub struct Progress {
    work: Arc<Work>,
    painter: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Work {
    label: String,
    total: usize,
    done: AtomicUsize,
    over: Mutex<bool>,
    changed: Condvar,
}

impl Progress {
    /// `shown: false` counts and shows nothing.
    pub fn new(label: String, total: usize, shown: bool) -> Self {
        let work = Arc::new(Work {
            label,
            total,
            done: AtomicUsize::new(0),
            over: Mutex::new(false),
            changed: Condvar::new(),
        });
        let painter = shown.then(|| {
            let work = Arc::clone(&work);
            thread::spawn(move || work.paint())
        });
        Progress { work, painter }
    }

    /// One more is done. May be called from any thread.
    pub fn step(&self) {
        self.work.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(painter) = self.painter.take() {
            if let Ok(mut over) = self.work.over.lock() {
                *over = true;
            }
            self.work.changed.notify_all();
            let _ = painter.join();
        }
    }
}

impl Work {
    fn paint(&self) {
        let mut patience = PATIENCE;
        let mut painted = false;
        while !self.is_over_after(patience) {
            patience = REPAINT;
            painted = true;
            let done = self.done.load(Ordering::Relaxed);
            let _ = write!(io::stderr(), "\r\x1b[K{}: {done} of {}", self.label, self.total);
        }
        if painted {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }

    fn is_over_after(&self, patience: Duration) -> bool {
        let Ok(over) = self.over.lock() else { return true };
        match self.changed.wait_timeout_while(over, patience, |over| !*over) {
            Ok((over, _)) => *over,
            Err(_) => true,
        }
    }
}
