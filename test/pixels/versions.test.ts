import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readPixelVersions, versionsFromFiles } from '../../src/pixels/versions.ts'

describe('readPixelVersions', () => {
  it('returns the versions of the loaded sharp', async () => {
    const { sharp: version, vips } = sharp.versions
    expect(await readPixelVersions()).toEqual({ sharp: version, vips })
  })

  it('reads the versions from files, so that sharp need not be loaded', () => {
    const { sharp: version, vips } = sharp.versions
    expect(versionsFromFiles()).toEqual({ sharp: version, vips })
  })
})
