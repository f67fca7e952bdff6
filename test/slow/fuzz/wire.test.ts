import { searchInputs } from "../../properties/fuzz/search.ts";
import { wireTargets } from "../../properties/fuzz/targets-wire.ts";

describe("inputs of the wire formats, searched for long", () => searchInputs(wireTargets));
