import { hexToBytes } from '@sapwood/wire-codec'

/** SHA-512 of `UtreexoV1` (BIP182): 64 bytes, which stand twice before every leaf that is hashed. */
export const LEAF_TAG: Uint8Array = /* @__PURE__ */ hexToBytes(
  '5b832db8ca26c25be1c542d6cceddda8c145615cff5c35727fb3462610807e20' +
    'ae534dc3f64299199931772e03787d18156eb3151e0ed1b3098bdc8445861885',
)
