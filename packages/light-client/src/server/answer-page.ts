import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PageFile } from './bundle-page.ts'

/** Answers for a page, whatever is asked: who asks may be any program of this machine, and any page. */
export function answerPage(
  request: Pick<IncomingMessage, 'url'>,
  response: Pick<ServerResponse, 'writeHead' | 'end'>,
  { fileOf, policy }: { fileOf: (path: string) => PageFile | undefined; policy: () => string | undefined },
): void {
  const path = pathOf(request.url ?? '/')
  const rules = policy()
  if (path === undefined) return void response.writeHead(400).end()
  // It is asked before all that it needs is there.
  if (rules === undefined) return void response.writeHead(503).end()
  const file = fileOf(path)
  if (file === undefined) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': file.type, 'content-security-policy': rules })
  response.end(file.body)
}

function pathOf(url: string): string | undefined {
  try {
    return new URL(url, 'http://page.invalid').pathname
  } catch {
    return undefined
  }
}
