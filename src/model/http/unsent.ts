import { errorCode } from '../../shared/files.ts'
import { isRecord } from '../../shared/record.ts'

/** How deep causes are followed: an error may name itself as its cause. */
const DEEPEST = 16

/** Codes of a TLS handshake that failed: of Node, of OpenSSL and of the certificates that it checks. */
const INSECURE =
  /^(?:ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/

/** Codes of a connection that never stood, where the error does not name the system call. */
const UNCONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
])

/**
 * Whether a request surely failed before any of it reached the provider: no address, no connection, no TLS session.
 * `fetch` and the AI SDK wrap the reason in causes, and keep one error for each address that was tried.
 */
export function isUnsent(error: unknown): boolean {
  return some(error, isConnecting) || isInsecure(error)
}

/** Whether no TLS session was established. Another try does not help. */
export function isInsecure(error: unknown): boolean {
  return some(
    error,
    (one) =>
      INSECURE.test(errorCode(one) ?? '') ||
      // Node gives this one the code of a connection that broke off later.
      (one instanceof Error && one.message.includes('before secure TLS connection')),
  )
}

function isConnecting(error: unknown): boolean {
  if (!isRecord(error)) return false
  const { syscall, errors } = error
  // Where a name has several addresses, each of them failed on its own.
  if (Array.isArray(errors)) return errors.length > 0 && errors.every((one) => isUnsent(one))
  return (
    syscall === 'connect' || syscall === 'getaddrinfo' || UNCONNECTED.has(errorCode(error) ?? '')
  )
}

/** Whether something holds of an error or of one of its causes. */
function some(error: unknown, holds: (error: unknown) => boolean): boolean {
  let one = error
  for (let depth = 0; depth < DEEPEST && isRecord(one); depth++) {
    if (holds(one)) return true
    one = one['cause']
  }
  return false
}
