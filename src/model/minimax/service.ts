import { baseOf } from '../http/host.ts'
import type { Service } from '../http/service.ts'

/** MiniMax's API, as messages name it. */
export const MINIMAX: Service = {
  name: 'MiniMax',
  factory: 'minimax()',
  keyVariable: 'MINIMAX_API_KEY',
  hostVariable: 'MINIMAX_API_HOST',
  defaultHost: 'https://api.minimax.io',
  traceHeader: 'Trace-Id',
  usualTime: 'about 25 s',
  keepsPictures: '24 hours',
}

/**
 * The address of image generation. The host is accepted with or without a slash or `/v1` at its end.
 *
 * @throws ImagegenError with code `config`.
 */
export function endpointOf(host: string): URL {
  return new URL(`${baseOf(MINIMAX, host).replace(/\/v1$/, '')}/v1/image_generation`)
}
