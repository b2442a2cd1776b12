export { systemResolver } from './default-resolver.ts'
export {
  DEFAULT_MAX_CONNECTIONS,
  type ListenTcpOptions,
  listenTcp,
  type TcpListener,
  type TcpRemote,
} from './listen-tcp.ts'
export { openSocket, type SocketTarget } from './open-socket.ts'
export { createTcpDialer, type TcpDialerOptions } from './tcp-dialer.ts'
export { tcpStream, type TcpStreamOptions } from './tcp-stream.ts'
