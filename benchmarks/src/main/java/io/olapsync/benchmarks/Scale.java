package io.olapsync.benchmarks;

/** How much data the example's star has; for n stakeholders n / 4 cases and 3 n cash flow entries. */
public enum Scale {
    /** What a small firm has. */
    S(20_000),
    /** What a large one has. */
    M(200_000),
    /** Where a refresh takes seconds. */
    L(1_000_000);

    private final int stakeholders;

    Scale(int stakeholders) {
        this.stakeholders = stakeholders;
    }

    /** The size of the star. */
    public int stakeholders() {
        return stakeholders;
    }
}
