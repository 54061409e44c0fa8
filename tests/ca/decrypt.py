"""SOPS with its MAC, and a SealedSecret, by another implementation: python3's cryptography."""
import base64
import hashlib
import re
import sys

import yaml
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sops_file, data_key, sealed_file, sealing_key = sys.argv[1:]

secret = yaml.safe_load(open(sops_file))
key = bytes.fromhex(data_key)


def opened(value, place):
    data, nonce, tag = re.fullmatch(r"ENC\[AES256_GCM,data:(.*),iv:(.*),tag:(.*),type:str\]", value).groups()
    data, nonce, tag = map(base64.b64decode, (data, nonce, tag))
    return AESGCM(key).decrypt(nonce, data + tag, place.encode())


private_key = opened(secret["stringData"]["ca-key.pem"], "stringData:ca-key.pem:")
digest = hashlib.sha512(hashlib.sha256(b"sops").digest() + private_key).hexdigest().upper()
assert opened(secret["sops"]["mac"], secret["sops"]["lastmodified"]).decode() == digest, "the MAC"
print(private_key.decode())

sealed = base64.b64decode(yaml.safe_load(open(sealed_file))["spec"]["encryptedData"]["ca-key.pem"])
length = int.from_bytes(sealed[:2], "big")
unseal = serialization.load_pem_private_key(open(sealing_key, "rb").read(), None)
scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"istio-system/cacerts")
session = unseal.decrypt(sealed[2 : 2 + length], scheme)
print(AESGCM(session).decrypt(bytes(12), sealed[2 + length :], None).decode())
