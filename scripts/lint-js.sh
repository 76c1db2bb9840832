#!/usr/bin/env bash
# Checks the scripts of report's page: types (tsc, from their comments) and style (eslint). make lint
# calls this. It needs npm; where that is missing, or there is no network to get the two from, it
# says so and is no error.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

tools=build/js
assets=dsage_mpi/report/page/assets
if ! command -v npm >/dev/null; then
  echo "no npm here: the scripts of report's page are not checked"
  exit 0
fi
if [ ! -x "$tools/node_modules/.bin/tsc" ] || [ ! -x "$tools/node_modules/.bin/eslint" ]; then
  mkdir -p "$tools"
  if ! npm install --silent --no-fund --no-audit --fetch-retries 0 --prefix "$tools" \
    typescript@5.9.3 eslint@9.39.1 @eslint/js@9.39.1 >"$tools/npm.log" 2>&1; then
    echo "npm could not get tsc and eslint ($tools/npm.log): the page's scripts are not checked"
    exit 0
  fi
fi
cat >"$tools/tsconfig.json" <<JSON
{
  "compilerOptions": {
    "allowJs": true, "checkJs": true, "noEmit": true, "strict": true, "target": "ES2022",
    "lib": ["ES2023", "DOM", "DOM.Iterable"], "moduleDetection": "legacy", "types": []
  },
  "include": ["$PWD/$assets/*.js"]
}
JSON
cat >"$tools/eslint.config.mjs" <<'JS'
import js from "@eslint/js";
export default [
  js.configs.recommended,
  {
    languageOptions: { sourceType: "script" },
    rules: { "no-undef": "off", "prefer-const": "error", eqeqeq: "error", "no-var": "error",
      "no-unused-vars": ["error", { vars: "local" }], "max-len": ["error", 100] },
  },
];
JS
# eslint looks at files below its configuration alone.
rm -rf "$tools/assets" && cp -r "$assets" "$tools/assets"
"$tools/node_modules/.bin/tsc" -p "$tools/tsconfig.json" &&
  (cd "$tools" && node_modules/.bin/eslint assets/*.js)
