// What each view is given, and what it is.
import type { People } from "../people";
import type { Store } from "../store";

export interface House {
	store: Store;
	people: People;
	enter: () => void;             // somebody has signed in
	isLive: () => boolean;
	go: (hash: string) => void;
	say: (text: string) => void;   // read out, and shown for a while
}

export interface View {
	element: HTMLElement;
	title: string;
	update?: () => void;           // each second, and soon after something has changed
	repaint?: () => void;          // theme or size of type are others now
	close?: () => void;
}
