import { defineConfig } from "vitest/config";

// Dates are shown in the reader's own time zone: a fixed one, and one that has a summer time, makes them testable.
process.env.TZ = "Europe/Berlin";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "happy-dom",
    include: ["tests/static/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    // The suite shares a machine with a database and a browser.
    maxWorkers: 2,
  },
});
