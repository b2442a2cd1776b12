// Loaded before a program: writes down whom its process turns to, a line of JSON for each. What is dialled, what
// is looked up, and sockets of UDP.
import { appendFileSync } from 'node:fs'
import dgram from 'node:dgram'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const note = (what) => appendFileSync(process.env.NETWORK_RECORD, `${JSON.stringify(what)}\n`)

const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args
  const { host, port, path } = typeof first === 'object' ? first : { port: first, host: args[1] }
  note({ dialled: path ?? `${host}:${port}` })
  return connect.apply(this, args)
}
for (const object of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveTxt', 'reverse']) {
    const asks = object[name]
    if (asks === undefined) continue
    object[name] = function (host, ...rest) {
      note({ lookedUp: host })
      return asks.call(this, host, ...rest)
    }
  }
}
const { createSocket } = dgram
dgram.createSocket = (...args) => {
  note({ udp: true })
  return createSocket(...args)
}
syncBuiltinESMExports()
