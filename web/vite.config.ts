import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

/** The server that the API is asked of while the page is worked on. */
const SERVER = process.env.DOCKREV_URL ?? 'http://127.0.0.1:8686'

// The server compares `Origin` with `Host`: a proxy that keeps the host of the browser is the same site.
const api = { '/api': { target: SERVER, changeOrigin: false } }

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '~': new URL('./src', import.meta.url).pathname } },
  server: { host: '127.0.0.1', port: 5173, proxy: api },
  preview: { host: '127.0.0.1', port: 4173, proxy: api },
  // Nothing inline: the server's policy for content allows files alone.
  build: { target: 'es2023', assetsInlineLimit: 0, manifest: 'manifest.json', modulePreload: { polyfill: false } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
