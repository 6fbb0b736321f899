/** What `webpack` does on the command line, for the project in the working directory: webpack-cli is not installed here. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import webpack from 'webpack'

const { default: config } = await import(pathToFileURL(path.resolve('webpack.config.js')).href)

const compiler = webpack(config)
compiler.run((error, stats) => {
  const isBroken = error !== null || stats === undefined || stats.hasErrors()
  if (isBroken) process.stderr.write(`${error ?? stats?.toString('errors-only')}\n`)
  compiler.close(() => {
    process.exitCode = isBroken ? 1 : 0
  })
})
