import { timingSafeEqual } from 'node:crypto'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '@sapwood/transport-v1v2/environment'
import { bytesToHex, sha256 } from '@sapwood/wire-codec'

/** Core's `COOKIEAUTH_USER`. */
const COOKIE_USER = '__cookie__'
/** Core's `COOKIEAUTH_FILE`. */
export const COOKIE_FILE = '.cookie'
/** Bytes of a cookie's password (Core, `GenerateAuthCookie`). */
const COOKIE_SIZE = 32
/** Readable by its owner alone. */
const COOKIE_MODE = 0o600

/** Who may call. */
export interface Credentials {
  /** Whether a header `Authorization` is one of those; it takes as long for each that is not. */
  allow(authorization: string | undefined): boolean
}

/** @param accepted `user:password`, each of which may call. */
export function createCredentials(accepted: readonly string[]): Credentials {
  const encoder = new TextEncoder()
  const digests = accepted.map((each) => sha256(encoder.encode(each)))
  return {
    allow: (authorization) => {
      const encoded = /^Basic ([A-Za-z0-9+/=]{1,1024})$/.exec(authorization ?? '')?.[1]
      if (encoded === undefined) return false
      const given = sha256(Buffer.from(encoded, 'base64'))
      return digests.some((digest) => timingSafeEqual(digest, given))
    },
  }
}

/** Writes the file by which `bitcoin-cli` finds its password. @returns what is in it. */
export async function writeCookie(folder: string, random: Random): Promise<string> {
  const cookie = `${COOKIE_USER}:${bytesToHex(random.bytes(COOKIE_SIZE))}`
  const file = join(folder, COOKIE_FILE)
  const beside = `${file}.tmp`
  await writeFile(beside, cookie, { mode: COOKIE_MODE })
  // One that was there keeps its rights when it is written anew.
  await chmod(beside, COOKIE_MODE)
  await rename(beside, file)
  return cookie
}

/** Takes the file away again. */
export async function removeCookie(folder: string): Promise<void> {
  await rm(join(folder, COOKIE_FILE), { force: true })
}
