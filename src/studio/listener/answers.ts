import type { ServerResponse } from 'node:http'
import type { PageFile } from './page-file.ts'
import type { ServedPicture } from './pictures.ts'
import { STATUS, type RefusedError } from './refused.ts'

/** Headers of every answer. Nothing is kept by the browser, and no other site may use it. */
const ALWAYS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

/** Data is no document. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'"

/** Sends JSON. @param clean removes what must not leave the process. */
export function sendJson(
  response: ServerResponse,
  value: unknown,
  clean: (text: string) => string,
  status = 200,
): void {
  const text = clean(JSON.stringify(value))
  response.writeHead(status, {
    ...ALWAYS,
    'content-security-policy': NOTHING,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

export function sendRefusal(
  response: ServerResponse,
  { refusal }: RefusedError,
  clean: (text: string) => string,
): void {
  // The rest of a body that is not read must not be taken for the next request.
  response.setHeader('connection', 'close')
  sendJson(response, { error: refusal }, clean, STATUS[refusal.code])
}

export function sendPage(response: ServerResponse, { html, policy }: PageFile): void {
  response.writeHead(200, {
    ...ALWAYS,
    'content-security-policy': policy,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
  })
  response.end(html)
}

export function sendPicture(response: ServerResponse, { mediaType, bytes }: ServedPicture): void {
  response.writeHead(200, {
    ...ALWAYS,
    'content-security-policy': "default-src 'none'; sandbox",
    'content-type': mediaType,
    'content-length': bytes.byteLength,
  })
  response.end(bytes)
}

/** Begins a stream of lines. */
export function beginLines(response: ServerResponse): void {
  response.writeHead(200, {
    ...ALWAYS,
    'content-security-policy': NOTHING,
    'content-type': 'application/x-ndjson; charset=utf-8',
  })
  response.flushHeaders()
}
