//! A Fleet's `observability`: what its clusters tell of themselves, and to whom.

use super::certificate_authority::StoreReference;
use super::decode::Decoder;
use super::object::check_names;
use super::values::{Labels, Spot};
use crate::report::{Finding, codes};

record! {
    /// What the clusters tell of themselves, and to whom. Off by default: each part is rendered where it stands.
    pub struct Observability {
        /// Waypoints and gateways put the name of their cluster on what they measure: a Telemetry in each cluster.
        pub telemetry: bool,
        /// What is measured, and when somebody is called: PodMonitors, a ServiceMonitor and a PrometheusRule in each cluster.
        pub prometheus: Option<Prometheus>,
        /// One dashboard of the whole fleet: a ConfigMap.
        pub grafana: Option<Grafana>,
        /// One Kiali that sees all clusters.
        pub kiali: Option<Kiali>,
    }
}

record! {
    /// What the Prometheus Operator of each cluster is given.
    pub struct Prometheus checked by Prometheus::check {
        /// The namespace of the monitors and rules; default `monitoring`. It has to be there.
        pub namespace: Option<Spot<String>>,
        /// Labels by which a Prometheus selects monitors and rules: `release: kube-prometheus-stack`.
        pub labels: Labels,
    }
}

impl Prometheus {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("namespace", self.namespace.as_ref())], decoder);
    }
}

record! {
    /// Where the dashboard goes. Grafana's sidecar finds it by the label `grafana_dashboard: "1"`.
    pub struct Grafana checked by Grafana::check {
        /// The namespace of the ConfigMap; default `monitoring`. It has to be there.
        pub namespace: Option<Spot<String>>,
        /// The clusters that run a Grafana, by name; default: all.
        pub clusters: Vec<Spot<String>>,
    }
}

impl Grafana {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("namespace", self.namespace.as_ref())], decoder);
    }
}

record! {
    /// One Kiali that sees all clusters; the Kiali Operator installs it.
    pub struct Kiali checked by Kiali::check {
        /// The cluster in which it runs.
        pub cluster: Spot<String>,
        /// Its namespace; default `istio-system`.
        pub namespace: Option<Spot<String>>,
        /// A Prometheus, or what looks like one, that holds the metrics of all clusters.
        pub prometheus_url as "prometheusURL": Spot<String>,
        /// Who may look.
        pub login: Spot<KialiLogin>,
        /// With `openid`: the provider.
        pub openid: Option<OpenId>,
        /// Where the kubeconfigs are with which it reads the other clusters.
        pub secrets: Option<KialiSecrets>,
    }
}

impl Kiali {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("namespace", self.namespace.as_ref())], decoder);
        let url = &self.prometheus_url;
        let help = "write `https://…`, without a user and password";
        if url.contains('@') {
            // not at the address itself, which would be shown
            let message = format!("`{}.prometheusURL` holds a user", decoder.path());
            decoder.report(Finding::new(codes::FC109, message).at(self.cluster.place).help(help));
        } else if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            let message = format!("`{}` is not allowed for `{}.prometheusURL`", url.value, decoder.path());
            decoder.report(Finding::new(codes::FC109, message).at(url.place).help(help));
        }
        let openid = *self.login == KialiLogin::OpenId;
        match &self.openid {
            None if openid => {
                let message = format!("`{}.openid` is missing", decoder.path());
                let help = "name the provider: `openid: {issuerURI: …, clientID: …}`";
                decoder.report(Finding::new(codes::FC107, message).at(self.login.place).help(help));
            }
            Some(provider) if !openid => {
                let message =
                    format!("`openid` stands in `{}`, where `login` is `{}`", decoder.path(), *self.login);
                let help = "write `login: openid`, or leave it out";
                decoder.report(Finding::new(codes::FC109, message).at(provider.place).help(help));
            }
            _ => {}
        }
    }
}

enumeration! {
    /// Who may look into Kiali: the strategies that hold for several clusters (kiali.io, multi-cluster).
    pub enum KialiLogin {
        /// Whoever reaches it sees all that its own account may read.
        Anonymous = "anonymous",
        /// Whom an OpenID provider knows, as the clusters' API servers let them.
        OpenId = "openid",
        /// Users of OpenShift.
        OpenShift = "openshift",
    }
}

record! {
    /// An OpenID provider. The client's secret is in the Secret `kiali` beside it, under `oidc-secret`.
    pub struct OpenId {
        /// The issuer's URI.
        pub issuer_uri as "issuerURI": Spot<String>,
        /// The client.
        pub client_id as "clientID": Spot<String>,
    }
}

record! {
    /// Kubeconfigs of accounts that may read what Kiali shows, one a cluster, in a secret store.
    pub struct KialiSecrets {
        /// The store; default: that of `remoteSecrets`.
        pub store_ref: Option<StoreReference>,
        /// What the cluster's name is put behind to give the key in the store; default `kiali-remote-secret/`.
        pub key_prefix: Option<Spot<String>>,
    }
}
