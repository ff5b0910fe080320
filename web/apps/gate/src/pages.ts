/** The pages of a guard at work. */
export type Page = "scan" | "code" | "board" | "register" | "holds" | "hand_over" | "paper";
