import { type ScriptedPeer, type ScriptedServer, scriptedServer } from './scripted-server.ts'

/** What a client said to a SOCKS5 server. */
export interface SocksRequest {
  readonly methods: readonly number[]
  readonly username?: string
  readonly password?: string
  readonly addressType: number
  readonly host: string
  readonly port: number
}

export interface Socks5Script {
  /** Chosen method; by default username and password where they are offered. */
  readonly method?: number
  readonly authentication?: readonly number[]
  /** Default: granted, bound to 127.0.0.1:1. */
  readonly reply?: readonly number[]
  /** After the reply; by default what the client sends comes back. */
  readonly then?: (peer: ScriptedPeer) => Promise<void> | void
  readonly unix?: boolean
}

export const GRANTED: readonly number[] = [5, 0, 0, 1, 127, 0, 0, 1, 0, 1]

/** A SOCKS5 server that says what it was asked and answers as told. */
export async function socks5Server(
  script: Socks5Script = {},
): Promise<ScriptedServer & { readonly requests: readonly SocksRequest[] }> {
  const requests: SocksRequest[] = []
  const server = await scriptedServer(
    async (peer) => {
      requests.push(await serveSocks5(peer, script))
      await script.then?.(peer)
      if (script.then === undefined) {
        for (;;) peer.write(await peer.read(1))
      }
    },
    { unix: script.unix ?? false },
  )
  return Object.defineProperty(server, 'requests', { value: requests }) as never
}

/** The server's part up to its reply. */
async function serveSocks5(peer: ScriptedPeer, script: Socks5Script): Promise<SocksRequest> {
  const [, count = 0] = await peer.read(2)
  const methods = [...(await peer.read(count))]
  const method = script.method ?? (methods.includes(2) ? 2 : 0)
  peer.write([5, method])
  const login = method === 2 ? await serveLogin(peer, script) : {}
  const [, , , addressType = 0] = await peer.read(4)
  const text = async (length: number): Promise<string> =>
    Buffer.from(await peer.read(length)).toString('latin1')
  const host =
    addressType === 3
      ? await text((await peer.read(1))[0]!)
      : [...(await peer.read(addressType === 1 ? 4 : 16))].join('.')
  const [high = 0, low = 0] = await peer.read(2)
  peer.write(script.reply ?? GRANTED)
  return { methods, ...login, addressType, host, port: high * 256 + low }
}

async function serveLogin(
  peer: ScriptedPeer,
  script: Socks5Script,
): Promise<{ username: string; password: string }> {
  const text = async (): Promise<string> =>
    Buffer.from(await peer.read((await peer.read(1))[0]!)).toString('utf8')
  await peer.read(1)
  const username = await text()
  const password = await text()
  peer.write(script.authentication ?? [1, 0])
  return { username, password }
}
