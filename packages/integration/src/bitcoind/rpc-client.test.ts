import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
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

/**
 * A server that does as it is told with the second request on a connection: answers it in part, or ends it.
 */
async function startForgetful(secondAnswer: string | undefined) {
  const calls: string[] = []
  const server = createTcpServer((socket) => {
    let onThis = 0
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      const body = bytes.toString().split('\r\n\r\n')[1] ?? ''
      if (body === '') return
      onThis += 1
      calls.push((JSON.parse(body) as { method: string }).method)
      const answer = '{"result":7,"error":null}'
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n`
      if (onThis === 1) socket.write(head + answer)
      else if (secondAnswer === undefined) socket.resetAndDestroy()
      else socket.end(secondAnswer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new RpcClient({ host: '127.0.0.1', port, credentials: 'user:password' })
  const stop = (): void => {
    client.close()
    server.close()
  }
  return { client, calls, [Symbol.dispose]: stop }
}

it('sends a call once more where a kept connection ended before any byte of its answer', async () => {
  using server = await startForgetful(undefined)
  expect(await server.client.call('first')).toBe(7)
  expect(await server.client.call('second')).toBe(7)
  expect(server.calls).toEqual(['first', 'second', 'second'])
})

it.each(['HTTP/1.1 2', 'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"resu'])(
  'does not send a call again of whose answer a byte has come: %j',
  async (begun) => {
    using server = await startForgetful(begun)
    expect(await server.client.call('first')).toBe(7)
    await expect(server.client.call('second')).rejects.toMatchObject({ code: 'rpc-unreachable' })
    expect(server.calls).toEqual(['first', 'second'])
  },
)

it('does not send a call again that failed on a connection of its own', async () => {
  const onConnection = vi.fn((socket: Socket) => socket.destroy())
  const server = createTcpServer(onConnection).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new RpcClient({ host: '127.0.0.1', port, credentials: 'user:password' })
  await expect(client.call('first')).rejects.toMatchObject({ code: 'rpc-unreachable' })
  expect(onConnection).toHaveBeenCalledTimes(1)
  client.close()
  server.close()
})
