//! Gateways of the Gateway API.

use super::LabelSelector;
use crate::kinds::values::{Port, Spot};

record! {
    /// A Gateway of the Gateway API.
    pub struct Gateway {
        /// Its class.
        pub gateway_class_name: Spot<String>,
        /// Where it is reached.
        pub addresses: Vec<GatewayAddress>,
        /// What it listens on.
        pub listeners: Vec<GatewayListener>,
        /// Who may add listeners to it.
        pub allowed_listeners: Option<AllowedListeners>,
    }
}

record! {
    /// Who may add listeners to a Gateway, by ListenerSets.
    pub struct AllowedListeners {
        /// Of which namespaces; default: none.
        pub namespaces: Option<AllowedNamespaces>,
    }
}

record! {
    /// An address of a Gateway.
    pub struct GatewayAddress {
        /// `IPAddress` or `Hostname`; default `IPAddress`.
        pub kind as "type": Option<Spot<String>>,
        /// The address.
        pub value: Option<Spot<String>>,
    }
}

record! {
    /// A listener of a Gateway.
    pub struct GatewayListener {
        /// Its name.
        pub name: Spot<String>,
        /// Its port.
        pub port: Spot<Port>,
        /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `HBONE`.
        pub protocol: Spot<String>,
        /// Who may attach to it.
        pub allowed_routes: Option<AllowedRoutes>,
    }
}

record! {
    /// Who may attach to a listener.
    pub struct AllowedRoutes {
        /// Of which namespaces; default: the Gateway's own.
        pub namespaces: Option<AllowedNamespaces>,
    }
}

record! {
    /// Namespaces whose objects may attach to a listener, or to a Gateway.
    pub struct AllowedNamespaces {
        /// `Same`, `All`, `Selector` or `None`; default: what goes without saying there.
        pub from: Option<Spot<String>>,
        /// Which ones, with `Selector`.
        pub selector: Option<LabelSelector>,
    }
}
