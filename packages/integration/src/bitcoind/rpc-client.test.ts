import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RpcClient } from './rpc-client.ts'

it('reads the cookie file again where the one it knows is that of an earlier bitcoind', async () => {
  const expected = `Basic ${Buffer.from('__cookie__:new').toString('base64')}`
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === expected
    response.writeHead(isKnown ? 200 : 401).end(isKnown ? '{"result":7,"error":null}' : '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-cookie-'))
  const cookieFile = join(folder, '.cookie')
  const { port } = server.address() as AddressInfo
  const client = new RpcClient({ host: '127.0.0.1', port, cookieFile })
  try {
    await writeFile(cookieFile, '__cookie__:old')
    await expect(client.call('getblockcount')).rejects.toMatchObject({ code: 'rpc-unreachable' })
    await writeFile(cookieFile, '__cookie__:new')
    expect(await client.call('getblockcount')).toBe(7)
  } finally {
    client.close()
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
})
