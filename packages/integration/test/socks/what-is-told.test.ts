import { createNode, type NodeComponents, type NodeOptions } from '@sapwood/node'
import { createRouter, createSocks5Dialer } from '@sapwood/proxy'
import { accept, type ByteStream } from '@sapwood/transport-v1v2'
import { createTcpDialer, listenTcp } from '@sapwood/transport-v1v2/tcp'
import { decodePayload, type MessageOf, regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { RecordingSocks5 } from './recording-socks5.ts'

/**
 * What a node that reaches `5.6.7.8` through a proxy says first,
 * and which names were looked up here meanwhile.
 */
async function said(
  reach: (proxy: { readonly host: string; readonly port: number }) => {
    readonly options?: Partial<NodeOptions>
    readonly components?: NodeComponents
  },
): Promise<{ readonly version: MessageOf<'version'>; readonly lookedUp: readonly string[] }> {
  await using proxy = await new RecordingSocks5().start()
  let heard: (version: MessageOf<'version'>) => void
  const version = new Promise<MessageOf<'version'>>((resolve) => (heard = resolve))
  const hear = async (stream: ByteStream): Promise<void> => {
    const transport = await accept(stream, { network: regtest })
    const [first] = (await transport.reader.read()) ?? []
    if (first !== undefined) heard(decodePayload(first.command, first.payload) as MessageOf<'version'>)
  }
  await using listener = await listenTcp({}, (stream) => hear(stream).catch(() => undefined))
  proxy.routes.set('5.6.7.8', listener.port)
  const lookedUp: string[] = []
  const resolver = {
    resolve: async (name: string) => {
      lookedUp.push(name)
      return []
    },
  }
  const { options, components } = reach({ host: '127.0.0.1', port: proxy.port })
  await using node = await createNode(
    { network: regtest, dnsSeeds: ['seed.test'], addPeers: ['5.6.7.8', 'a.name.test'], ...options },
    { resolver, ...components },
  )
  const told = await version
  await expect
    .poll(() => proxy.asked.map(({ host }) => host))
    .toEqual(expect.arrayContaining(['5.6.7.8', 'seed.test', 'a.name.test']))
  expect(node.network.addedPeers()).toHaveLength(2)
  return { version: told, lookedUp }
}

describe('through a proxy', () => {
  it.each<[string, Parameters<typeof said>[0]]>([
    ['of the options', (proxy) => ({ options: { proxy } })],
    ['that is the dialer', (proxy) => ({ components: { dialer: createSocks5Dialer({ proxy }) } })],
    [
      'of a router',
      (proxy) => ({
        components: {
          dialer: createRouter({ direct: createTcpDialer(), proxy: createSocks5Dialer({ proxy }) }),
        },
      }),
    ],
  ])('%s no address is told, and no name looked up', async (_, reach) => {
    const { version, lookedUp } = await said(reach)
    expect(version.receiver).toEqual({ services: 0n, ip: new Uint8Array(16), port: 0 })
    expect(version.sender).toEqual({ services: 0n, ip: new Uint8Array(16), port: 0 })
    expect(lookedUp).toEqual([])
  })
})
