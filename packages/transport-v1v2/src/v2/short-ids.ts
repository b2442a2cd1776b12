/** The one-byte ids that stand for commands on one connection. */
export interface ShortIds {
  idOf(command: string): number | undefined
  commandOf(id: number): string | undefined
}
