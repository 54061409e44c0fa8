//! What arrives at a waypoint.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::reach::Identity;

/// A request, or with `http: None` a connection on a port whose protocol is not HTTP.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The original client's identity.
    pub peer: Option<&'a Identity>,
    /// The port that was addressed: the Service's, not the pod's.
    pub port: u16,
    /// The address of the TCP peer. One that is not known is in no block.
    pub source_ip: Option<IpAddr>,
    /// The original client's address, from `x-forwarded-for` or the proxy protocol.
    pub remote_ip: Option<IpAddr>,
    /// The address that was asked for: the Service's.
    pub destination_ip: Option<IpAddr>,
    /// The TLS server name, for TLS that passes through.
    pub server_name: Option<&'a str>,
    /// The HTTP request.
    pub http: Option<&'a HttpRequest>,
}

impl<'a> Request<'a> {
    /// A request whose addresses and server name are not known.
    pub fn new(peer: Option<&'a Identity>, port: u16, http: Option<&'a HttpRequest>) -> Self {
        Request {
            peer,
            port,
            source_ip: None,
            remote_ip: None,
            destination_ip: None,
            server_name: None,
            http,
        }
    }
}

/// What policies read of an HTTP request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`; case counts.
    pub method: String,
    /// `:authority` as sent, the port with it if one was sent.
    pub host: String,
    /// The path without query and fragment, after Envoy normalised it (`meshConfig.pathNormalization`).
    pub path: String,
    /// Headers by their names in lower case; several of one name joined by commas.
    pub headers: BTreeMap<String, String>,
    /// The validated token; one that no RequestAuthentication validates does not count.
    pub token: Option<Token>,
}

impl HttpRequest {
    /// A header, or what Envoy keeps as one.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        match name {
            ":method" => Some(&self.method),
            ":path" => Some(&self.path),
            ":authority" | "host" => Some(&self.host),
            _ => self.headers.get(name).map(String::as_str),
        }
    }
}

/// A validated JSON Web Token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Token {
    /// Values by the claim's path, `["realm", "roles"]` for a nested one; a claim that is no list has one
    /// value.
    pub claims: BTreeMap<Vec<String>, Vec<String>>,
}

impl Token {
    /// The token of a subject: its claims `iss` and `sub`.
    pub fn new(issuer: &str, subject: &str) -> Self {
        Token::default().claim(&["iss"], &[issuer]).claim(&["sub"], &[subject])
    }

    /// Adds a claim.
    pub fn claim(mut self, path: &[&str], values: &[&str]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        self.claims.insert(owned(path), owned(values));
        self
    }
}
