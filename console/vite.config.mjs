import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Hashed files that link to nothing outside: monitoring serves them under a policy that allows nothing else.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  logLevel: 'warn',
  build: {
    outDir: process.env.PLAYHEAD_CONSOLE_OUT ?? resolve(import.meta.dirname, '..', 'dist', 'console'),
    emptyOutDir: true,
    // A file as a data: URL would be refused by the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
});
