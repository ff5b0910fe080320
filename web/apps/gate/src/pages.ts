/** The pages of a guard at work. */
export type Page = "scan" | "code" | "board" | "register" | "hand_over";
