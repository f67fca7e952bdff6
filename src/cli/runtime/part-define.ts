/** What a command's file exports. */
import type { Command } from "commander";
import type { Context } from "./context.ts";

/** Adds a command's arguments, options and action. */
export type Define = (command: Command, context: Context) => void;
