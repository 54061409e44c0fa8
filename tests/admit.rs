//! Text becomes typed objects or findings: every finding of a document at once, and real objects as people write them.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test reads real objects from the disk, and a helper that fails should say where"
)]

use fleetc::admit::{Admitted, admit};
use fleetc::kinds::access_policy::TlsMode;
use fleetc::kinds::inventory::Item;
use fleetc::kinds::{self, KINDS};
use fleetc::report::{Finding, Findings, Level};
use fleetc::source::Sources;

fn read(files: &[(&str, &str)]) -> (Admitted, Findings) {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let sources = Sources::new("demo", "fleets/demo", files);
    let mut findings = Findings::default();
    let admitted = admit(&sources, &mut findings);
    (admitted, findings.sorted())
}

fn codes(findings: &Findings) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.id).collect()
}

fn told(findings: &Findings) -> String {
    let line = |finding: &Finding| {
        format!("{} {} / {}\n", finding.code.id, finding.message, finding.help.as_deref().unwrap_or_default())
    };
    findings.iter().map(line).collect()
}

/// The text that a finding points at.
fn shown<'t>(text: &'t str, finding: &Finding) -> &'t str {
    let place = finding.place.expect("a place");
    &text[place.start as usize..place.end as usize]
}

const WORKSPACE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: payments, namespace: gloo-mesh}
spec:
  workloadClusters:
    - name: cluster-east
      namespaces: [{name: payments-prod}]
";

#[test]
fn every_example_is_read() {
    for kind in KINDS {
        let example = kind.example.replace("file: trust/root-2025.pem", "file: root.pem");
        let (admitted, findings) = read(&[("a.yaml", &example), ("root.pem", "")]);
        assert!(!findings.has_errors(), "{}: {}", kind.name, told(&findings));
        assert!(admitted.refused.is_empty());
    }
}

#[test]
fn all_findings_of_a_document_come_at_once() {
    let text = "\
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: Payments_1, namespace: gloo-mesh, lables: {a: b}}
spec:
  workloadCluster: []
  workloadClusters:
    - name: on
      namespaces: {name: a}
      configEnabled: yes
    - selector: {tier: 1}
  owners:
    - {kind: group, name: 12}
    - {kind: User}
  allowSystem: \"true\"
";
    let (admitted, findings) = read(&[("w.yaml", text)]);
    assert!(admitted.intents.workspaces.is_empty());
    assert_eq!(admitted.refused.iter().collect::<Vec<_>>(), ["Workspace/gloo-mesh/Payments_1"]);
    let mut found = codes(&findings);
    found.sort_unstable();
    let mut wanted =
        ["FC105", "FC105", "FC107", "FC108", "FC108", "FC108", "FC108", "FC109", "FC109", "FC110", "FC110"];
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{}", told(&findings));
    let told = told(&findings);
    for help in [
        "did you mean `workloadClusters`?",
        "did you mean `labels`?",
        "did you mean `Group`?",
        "quote it: `\"12\"`",
    ] {
        assert!(told.contains(help), "{help} is not in\n{told}");
    }
    assert!(
        findings.iter().all(|finding| finding.object.as_deref() == Some("Workspace/gloo-mesh/Payments_1"))
    );
}

#[test]
fn findings_stand_where_they_belong() {
    let text = WORKSPACE.replace("spec:", "spec:\n  exportTpo: 1");
    let (_, findings) = read(&[("w.yaml", &text)]);
    assert_eq!(findings.iter().map(|finding| shown(&text, finding)).collect::<Vec<_>>(), ["exportTpo"]);

    let text = WORKSPACE.replace("payments-prod", "0x1F");
    let (_, findings) = read(&[("w.yaml", &text)]);
    assert_eq!(findings.iter().map(|finding| shown(&text, finding)).collect::<Vec<_>>(), ["0x1F"]);

    let text = WORKSPACE.replace("workloadClusters:\n", "workloadClusters:\n    - name:\n");
    let (_, findings) = read(&[("w.yaml", &text)]);
    assert_eq!(codes(&findings), ["FC108"], "{}", told(&findings));
    assert_eq!(findings.iter().map(|finding| shown(&text, finding)).collect::<Vec<_>>(), ["name"]);
}

#[test]
fn files_are_read_as_people_have_them() {
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}", WORKSPACE.replace('\n', "\n  "));
    let typed = "\
apiVersion: admin.gloo.solo.io/v2
kind: WorkspaceList
items:
  - metadata: {name: a}
    spec: {}
";
    let anchors = "\
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: b}
spec:
  workloadClusters:
    - &east {name: cluster-east, namespaces: [{name: b}]}
    - <<: *east
      name: cluster-west
";
    let dump = format!(
        "{WORKSPACE}status: {{numSelectedClusters: 1}}\n---\n# nothing\n---\n{}",
        WORKSPACE
            .replace("name: payments,", "name: c, uid: '1', managedFields: [], creationTimestamp: null,")
    );
    let (admitted, findings) = read(&[
        ("anchors.yaml", anchors),
        ("bom.yaml", &format!("\u{feff}{}", WORKSPACE.replace("name: payments,", "name: d,"))),
        ("crlf.yml", &WORKSPACE.replace("name: payments,", "name: e,").replace('\n', "\r\n")),
        ("dump.yaml", &dump),
        ("list.yaml", &list.replace("name: payments,", "name: f,")),
        ("typed.yaml", typed),
    ]);
    assert!(findings.is_empty(), "{}", told(&findings));
    let names: Vec<_> = admitted.intents.workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f", "payments"]);
    assert_eq!(admitted.intents.workspaces[0].namespace.value, "gloo-mesh");
    let clusters = &admitted.intents.workspaces[1].spec.workload_clusters;
    assert_eq!(clusters[1].name.as_ref().expect("a name").value, "cluster-west");
    assert_eq!(clusters[1].namespaces.len(), 1);
}

#[test]
fn both_spellings_are_read_and_must_agree() {
    let policy = |config: &str| {
        format!(
            "apiVersion: security.policy.gloo.solo.io/v2\nkind: AccessPolicy\nmetadata: {{name: a, namespace: shop}}\nspec:\n  \
             config: {config}\n"
        )
    };
    let (admitted, findings) = read(&[("a.yaml", &policy("{authn: {mtls: {required: true}}, authz: {}}"))]);
    assert!(findings.is_empty(), "{}", told(&findings));
    let config = admitted.intents.access_policies[0].spec.config.as_ref().expect("a config");
    assert_eq!(config.tls_mode().expect("a mode").value, TlsMode::Strict);
    assert_eq!(config.authorizations().expect("a list").len(), 1);

    let same = policy("{authn: {tlsMode: STRICT, mtls: {required: true}}, authz: {}, authzList: [{}]}");
    assert!(read(&[("a.yaml", &same)]).1.is_empty());
    let differ = policy("{authn: {tlsMode: PERMISSIVE, mtls: {required: true}}, authz: {}, authzList: []}");
    let (_, findings) = read(&[("a.yaml", &differ)]);
    assert_eq!(codes(&findings), ["FC115", "FC115"], "{}", told(&findings));

    // A key without a value would mean the opposite of an empty mapping.
    let (_, findings) = read(&[("a.yaml", &policy("{authz: }"))]);
    assert_eq!(codes(&findings), ["FC108"], "{}", told(&findings));
}

#[test]
fn seeds_are_read_in_either_nesting() {
    let trust = |config: &str| {
        format!(
            "apiVersion: admin.gloo.solo.io/v2\nkind: RootTrustPolicy\nmetadata: {{name: t}}\nspec:\n  config:\n{config}"
        )
    };
    let outer = "    mgmtServerCa: {generated: {}}\n    intermediateCertOptions: {secretRotationGracePeriodRatio: 0.10}\n    \
                 autoRestartPods: true\n    agentCa: {certManager: {issuerRef: {name: root}}}\n";
    let inner = "    mgmtServerCa:\n      generated: {}\n      intermediateCertOptions: {secretRotationGracePeriodRatio: 0.10, \
                 autoRestartPods: true}\n    agentCa: {certManager: {issuerRef: {name: root}}}\n";
    for config in [outer, inner] {
        let (admitted, findings) = read(&[("t.yaml", &trust(config))]);
        assert_eq!(codes(&findings), ["FC113"], "{}", told(&findings));
        let config = admitted.intents.root_trust_policies[0].spec.config.as_ref().expect("a config");
        assert_eq!(config.rotation_ratio().expect("a ratio").value, 0.10);
    }
    let (_, findings) = read(&[(
        "t.yaml",
        &trust(
            "    agentCa: {vault: {server: 'https://v', tokenSecretRef: {name: t}}, awsPca: {arn: a}}\n    rotation: {from: a, to: b, phase: sign}\n",
        ),
    )]);
    assert_eq!(codes(&findings), ["FC109", "FC109"], "{}", told(&findings));
}

#[test]
fn shapes_of_the_seeds_are_read_as_they_stand() {
    let text = "\
apiVersion: multicluster.solo.io/v1alpha1
kind: KubernetesCluster
metadata: {name: cluster-east, namespace: gloo-mesh}
spec:
  clusterDomain: cluster.local
  kubeConfig: {secretName: cluster-east-kubeconfig, secretNamespace: gloo-mesh}
---
apiVersion: admin.gloo.solo.io/v2
kind: RootTrustPolicy
metadata: {name: shared-trust, namespace: gloo-mesh}
spec:
  config:
    agentCa:
      vault:
        caPath: pki_int/sign/gloo-mesh
        rolePath: pki_int/roles/gloo-mesh
        server: https://vault.internal:8200
        authMethod: {kubernetes: {mountPath: kubernetes, role: gloo-mesh}}
---
apiVersion: admin.gloo.solo.io/v2
kind: RootTrustPolicy
metadata: {name: root-trust, namespace: gloo-mesh}
spec:
  config:
    mgmtServerCa: {generated: {}}
    intermediateCertOptions: {secretRotationGracePeriodRatio: 0.5, autoRestartPods: true}
    agentCa:
      vault:
        caPath: pki_root/ca
        csrPath: pki_root/sign/intermediate
        server: https://vault.example.com:8200
        kubernetesAuth: {role: gloo-mesh-mgmt}
";
    let (admitted, findings) = read(&[("seeds.yaml", text)]);
    assert_eq!(codes(&findings), ["FC113"], "{}", told(&findings));
    let policies = &admitted.intents.root_trust_policies;
    let vaults =
        policies.iter().filter_map(|policy| policy.spec.config.as_ref()?.agent_ca.as_ref()?.vault.as_ref());
    let roles: Vec<_> =
        vaults.filter_map(|vault| Some(vault.kubernetes_auth()?.role.value.as_str())).collect();
    assert_eq!(roles, ["gloo-mesh-mgmt", "gloo-mesh"]);
}

#[test]
fn floods_end_soon_and_say_that_there_is_more() {
    let fields: String = (0..5_000).map(|index| format!("  unknown{index}: 1\n")).collect();
    let (_, findings) = read(&[("a.yaml", &format!("{WORKSPACE}{fields}"))]);
    assert_eq!(findings.iter().count(), 1_000);
    assert!(codes(&findings).contains(&"FC104"));
    let documents = "a: 1\n---\n".repeat(5_000);
    assert!(read(&[("a.yaml", &documents)]).1.iter().count() < 2_100);
    let tokens = format!("# {}\n", jwt()).repeat(2_000);
    assert_eq!(codes(&read(&[("a.yaml", &tokens)]).1), ["FC111"; 101]);
    for flood in ["eyJ", "token:", "-----BEGIN PRIVATE KEY-----", "client-key-data"] {
        read(&[("a.yaml", &format!("# {} users clusters contexts", flood.repeat(100_000)))]);
    }
}

#[test]
fn unknown_kinds_are_errors_unless_the_fleet_lists_them() {
    let table = "apiVersion: networking.gloo.solo.io/v2\nkind: RouteTable\nmetadata: {name: r}\n";
    let (_, findings) = read(&[("r.yaml", table)]);
    assert_eq!(codes(&findings), ["FC106"]);
    assert_eq!(shown(table, findings.iter().next().expect("one")), "RouteTable");
    let fleet = "apiVersion: fleetc.dev/v1alpha1\nkind: Fleet\nmetadata: {name: demo}\nspec:\n  passthrough:\n    - {group: \
                 networking.gloo.solo.io, kind: RouteTable, reason: gateways}\n";
    let (_, findings) = read(&[("r.yaml", table), ("z.yaml", fleet)]);
    assert_eq!(codes(&findings), ["FC114"], "{}", told(&findings));
    for misspelt in ["admin.gloo.solo.oi/v2", "v2"] {
        let (_, findings) = read(&[("w.yaml", &WORKSPACE.replace("admin.gloo.solo.io/v2", misspelt))]);
        assert_eq!(codes(&findings), ["FC106"], "{misspelt}");
    }
}

#[test]
fn what_is_for_other_tools_is_counted_once() {
    let (_, findings) = read(&[
        ("app/Chart.yaml", "name: app\n"),
        ("app/values.yaml", "a: 1\n"),
        ("app/templates/deployment.yaml", "{{ if .Values.a }}\nkind: [\n{{ end }}\n"),
        ("base/kustomization.yaml", "patches: [{path: ./patch.yaml}]\n"),
        (
            "base/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n",
        ),
        (
            "config.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
        ),
        ("env-values.yaml", "a: 1\n"),
    ]);
    assert_eq!(codes(&findings), ["FC114"], "{}", told(&findings));
    let message = &findings.iter().next().expect("one").message;
    assert_eq!(
        message,
        "documents passed over: 8 (2 `ConfigMap`, 1 of Helm values, 3 of a Helm chart, 2 of a kustomization)"
    );

    let (_, findings) = read(&[("a.yaml", "replicas: 3\n")]);
    assert_eq!(codes(&findings), ["FC107", "FC107"]);
}

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: checkout, namespace: payments-prod}
spec:
  selector: {app: checkout}
  ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 8081, name: admin}]
";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout, namespace: payments-prod, creationTimestamp: null}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: checkout}, creationTimestamp: null}
    spec:
      serviceAccountName: checkout
      containers: [{name: app, image: a, ports: [{containerPort: 8080, name: http}]}]
status: {}
";

#[test]
fn inventory_is_read_and_compared_per_cluster() {
    let rollout =
        DEPLOYMENT.replace("apps/v1", "argoproj.io/v1alpha1").replace("kind: Deployment", "kind: Rollout");
    let (admitted, findings) = read(&[
        ("clusters/_all/s.yaml", SERVICE),
        ("clusters/east/d.yaml", DEPLOYMENT),
        ("clusters/east/s.yaml", SERVICE),
        ("clusters/west/d.yaml", DEPLOYMENT),
        ("clusters/west/r.yaml", &rollout),
    ]);
    assert!(findings.is_empty(), "{}", told(&findings));
    let names: Vec<_> =
        admitted.inventory.iter().map(|object| (object.scope.cluster(), object.reference())).collect();
    assert_eq!(
        names,
        [
            (None, "Service/payments-prod/checkout".into()),
            (Some("east"), "Deployment/payments-prod/checkout".into()),
            (Some("west"), "Deployment/payments-prod/checkout".into()),
            (Some("west"), "Rollout/payments-prod/checkout".into()),
        ]
    );
    let Item::Workload(workload) = &admitted.inventory[1].item else { panic!("a workload") };
    assert_eq!((workload.service_account.as_str(), workload.ports.len()), ("checkout", 1));

    let (_, findings) = read(&[
        ("clusters/_all/s.yaml", SERVICE),
        ("clusters/east/s.yaml", &SERVICE.replace("port: 80,", "port: 82,")),
        ("clusters/west/s.yaml", &SERVICE.replace("port: 80,", "port: http,")),
    ]);
    assert_eq!(codes(&findings), ["FC207", "FC108"], "{}", told(&findings));
}

#[test]
fn two_intents_of_one_name_are_an_error_at_the_later_one() {
    let cluster =
        |version: &str| format!("apiVersion: {version}\nkind: KubernetesCluster\nmetadata: {{name: east}}\n");
    let (admitted, findings) = read(&[
        ("a.yaml", &cluster("admin.gloo.solo.io/v2")),
        ("b.yaml", &cluster("multicluster.solo.io/v1alpha1")),
    ]);
    assert_eq!(codes(&findings), ["FC201"]);
    let finding = findings.iter().next().expect("one");
    assert_eq!(finding.place.expect("a place").file.0, 1);
    assert_eq!(finding.because[0].place.file.0, 0);
    assert_eq!(admitted.intents.kubernetes_clusters.len(), 1);
}

#[test]
fn missing_files_are_found() {
    let text = "apiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata: {name: east}\nspec: {currentRoot: a/root.pem}\n";
    assert_eq!(codes(&read(&[("a.yaml", text)]).1), ["FC116"]);
    assert!(read(&[("a.yaml", text), ("a/root.pem", "x")]).1.is_empty());
}

#[test]
fn the_digest_is_of_the_meaning() {
    let digest = |files: &[(&str, &str)]| read(files).0.inputs_sha256;
    let both = format!("{WORKSPACE}---\n{SERVICE}");
    let one = digest(&[("a.yaml", &both)]);
    let moved = format!(
        "# a comment\n{}",
        WORKSPACE.replace(
            "metadata: {name: payments, namespace: gloo-mesh}",
            "metadata: {resourceVersion: '1', namespace: gloo-mesh, name: payments}"
        )
    );
    let service = format!("{SERVICE}status: {{loadBalancer: {{}}}}\n");
    assert_eq!(one, digest(&[("z/s.yaml", &service), ("z/w.yaml", &moved), ("y.yaml", SERVICE)]));
    assert_eq!(one, digest(&[("a.yaml", &both), ("clusters/east/s.yaml", SERVICE)]));
    assert_ne!(one, digest(&[("a.yaml", WORKSPACE), ("clusters/east/s.yaml", SERVICE)]));
    assert_ne!(one, digest(&[("a.yaml", &both.replace("payments-prod", "payments-test"))]));
    assert_ne!(digest(&[("a.yaml", SERVICE)]), digest(&[("a.yaml", &SERVICE.replace("8081", "'8081'"))]));
}

/// Built from parts, so that no scanner takes this file for a leak.
fn pem() -> String {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n".repeat(3);
    format!("-----BEGIN {0} KEY-----\n{body}-----END {0} KEY-----\n", "PRIVATE")
}

fn jwt() -> String {
    [
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9",
        "eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0",
        "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
    ]
    .join(".")
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = chunk
            .iter()
            .enumerate()
            .fold(0_u32, |bits, (index, byte)| bits | u32::from(*byte) << (16 - 8 * index));
        (0..=chunk.len())
            .map(|index| char::from(ALPHABET[(bits >> (18 - 6 * index) & 63) as usize]))
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn keys_and_tokens_are_found_and_never_shown() {
    let secret = |body: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: n}}\ndata:\n{body}")
    };
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers:\n- name: east\n  user:\n    token: {}\n",
        "0123456789abcdef"
    );
    let wrapped: String = base64(pem().as_bytes())
        .as_bytes()
        .chunks(60)
        .map(|line| format!("    {}\n", String::from_utf8_lossy(line)))
        .collect();
    let cases = [
        ("block", secret(&format!("  tls.key: |\n{}", indented(&pem())))),
        ("one line", secret(&format!("  tls.key: \"{}\"\n", pem().replace('\n', "\\n")))),
        ("base64", secret(&format!("  tls.key: {}\n", base64(pem().as_bytes())))),
        ("wrapped base64", secret(&format!("  tls.key: |\n{wrapped}"))),
        ("shifted base64", secret(&format!("  tls.key: xy{}\n", base64(pem().as_bytes())))),
        ("token", secret(&format!("  token: {}\n", jwt()))),
        ("token in base64", secret(&format!("  token: {}\n", base64(jwt().as_bytes())))),
        ("kubeconfig", kubeconfig.clone()),
        ("kubeconfig in base64", secret(&format!("  east: {}\n", base64(kubeconfig.as_bytes())))),
        (
            "key in kubeconfig in base64",
            secret(&format!(
                "  east: {}\n",
                base64(format!("client-key-data: {}\n", base64(pem().as_bytes())).as_bytes())
            )),
        ),
        ("comment", format!("{WORKSPACE}# token {}\n", jwt())),
        ("unknown field", WORKSPACE.replace("spec:", &format!("spec:\n  token: {}", jwt()))),
        ("flow", format!("metadata: {{name: a}}\nusers: [{{token: {}}}]\n", jwt())),
    ];
    for (what, text) in &cases {
        for path in ["a.yaml", "chart/templates/a.yaml"] {
            let (_, findings) = read(&[(path, text), ("chart/Chart.yaml", "name: c\n")]);
            let found: Vec<_> = findings.iter().filter(|finding| finding.code.id == "FC111").collect();
            assert_eq!(found.len(), 1, "{what}: {}", told(&findings));
            let told = told(&findings);
            for finding in findings.iter().filter(|finding| finding.place.is_some()) {
                let start = finding.place.expect("a place").start as usize;
                let line = text[text[..start].rfind('\n').map_or(0, |at| at + 1)..]
                    .lines()
                    .next()
                    .unwrap_or_default();
                for leak in ["MIIE", "eyJhbGci", "0123456789abcdef", "TUlJ", &base64(pem().as_bytes())[..20]]
                {
                    assert!(
                        !line.contains(leak) && !told.contains(leak),
                        "{what} shows {leak} in {line}\n{told}"
                    );
                }
            }
        }
    }
    let public = "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END CERTIFICATE-----\n";
    for fine in [public.to_owned(), secret(&format!("  ca.crt: {}\n", base64(public.as_bytes())))] {
        assert!(!codes(&read(&[("a.pem", &fine), ("b.yaml", &fine)]).1).contains(&"FC111"));
    }
    assert_eq!(codes(&read(&[("a.pem", &pem())]).1), ["FC111"]);
}

#[test]
fn schemas_accept_what_is_read_and_refuse_typos() {
    let schemas = kinds::schemas();
    assert_eq!(schemas.len(), KINDS.len());
    for (kind, (name, text)) in KINDS.iter().zip(&schemas) {
        assert_eq!(kind.name, *name);
        let schema: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let mut example = schema["examples"][0].clone();
        assert!(
            validator.is_valid(&example),
            "{name}: {:?}",
            validator.iter_errors(&example).map(|error| error.to_string()).collect::<Vec<_>>()
        );
        example["spec"]["exportTpo"] = true.into();
        assert!(!validator.is_valid(&example), "{name}");
    }
}

/// Real objects: each is read, or refused with findings a person can act on.
#[test]
fn real_objects_are_read_or_refused_for_a_reason() {
    let Ok(folder) = std::fs::read_dir("../shared/samples") else { return };
    let schemas = kinds::schemas();
    let mut paths: Vec<_> = folder.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file");
        let (_, findings) = read(&[("a.yaml", &text)]);
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let errors: Vec<_> = findings.iter().filter(|finding| finding.code.level == Level::Error).collect();
        let outcome =
            if errors.is_empty() { "read".to_owned() } else { format!("refused\n{}", told(&findings)) };
        println!("{name}: {outcome}");
        assert!(
            errors.iter().all(|finding| finding.place.is_some() && finding.help.is_some()),
            "{}",
            told(&findings)
        );

        let node = &fleetc::yaml::read(fleetc::source::FileId(0), text.as_bytes()).documents[0];
        let document: serde_json::Value = fleetc::yaml::from_node(node).expect("JSON");
        let (_, schema) = schemas.iter().find(|(kind, _)| document["kind"] == *kind).expect("a kind");
        let schema = serde_json::from_str(schema).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let only_values = errors.iter().all(|finding| finding.message.contains(": true` is real"));
        assert_eq!(
            validator.is_valid(&document),
            only_values,
            "{name}: {:?}",
            validator.iter_errors(&document).map(|error| error.to_string()).collect::<Vec<_>>()
        );
    }
}
