// Runs a WASI program: node wasi.mjs PROGRAM.wasm ARGUMENTS. It sees this folder as /, and a
// temporary one of its own as /tmp.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";

const [program, ...rest] = process.argv.slice(2);
const temporary = mkdtempSync(join(tmpdir(), "wasi-"));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));
const wasi = new WASI({
    version: "preview1",
    args: [program, ...rest],
    env: { ...process.env, TMPDIR: "/tmp", RUST_TEST_THREADS: "1" },
    preopens: { "/": process.cwd(), "/tmp": temporary },
});
const module = await WebAssembly.compile(readFileSync(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exit(wasi.start(instance));
