/** Hexadecimal digits of 64 bits. */
const DIGITS = 16

/** Service bits as Bitcoin Core writes them: 16 hexadecimal digits. */
export function servicesHex(services: bigint): string {
  return services.toString(16).padStart(DIGITS, '0')
}
