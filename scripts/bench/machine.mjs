import { availableParallelism, cpus, totalmem } from 'node:os'
import sharp from 'sharp'

/** @returns {string} what the figures were measured on */
export function machineOf() {
  const [processor] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return [
    `${availableParallelism()} cores (${processor?.model.trim() ?? 'unknown'}), ${memory} GiB`,
    `${process.platform} ${process.arch}, Node ${process.versions.node}`,
    `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`,
  ].join('; ')
}
