package io.olapsync;

/** When readers see what a run refreshed. */
public enum Publication {
    /** Each view, or each named group of views, is committed as soon as it is refreshed. */
    EACH,
    /** All views of a run show one snapshot of the sources and are committed as one: readers see all or nothing. */
    TOGETHER
}
