import type { NextConfig } from 'next'
import { withImagegen } from 'unplugin-imagegen/next'

const nextConfig: NextConfig = {
  reactStrictMode: true,
}

export default withImagegen(nextConfig)
