use rustls_pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};

use super::*;

#[test]
fn the_roots_are_amazon_trust_services() {
    let found: Vec<String> = CertificateDer::pem_slice_iter(ROOTS)
        .map(|certificate| hex::encode(Sha256::digest(certificate.unwrap())))
        .collect();
    // Amazon Root CA 1 to 4 and Starfield Services Root G2, as listed at https://www.amazontrust.com/repository/
    assert_eq!(
        found,
        [
            "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
            "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
            "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
            "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
            "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
        ]
    );
}
