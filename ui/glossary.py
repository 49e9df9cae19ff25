"""Terms in one sentence each: the glossary on Learn, and the tooltips of every page (`help=meaning_of("…", …)`)."""

import re
from collections.abc import Iterable

from recsys.metrics.registry import METRICS
from recsys.models.table import MODELS

GLOSSARY = {
    "α": "The weight of the source in the blend: 0 is the target alone, 1 the source alone.",
    "Attention": "For each item of a history, a weighted mean over the items before it; the weights are learned.",
    "Baseline": "A simple method to compare with, such as popularity; a model that does not beat it is not needed.",
    "Bootstrap": "Draws the users again with replacement, many times, to see how much a mean varies.",
    "Bridge": "A linear map of the source’s embedding, learned from users with both parts (EMCDR, Man et al. 2017).",
    "Candidate": "An item that may be recommended: the rules allow it and the user has not seen it.",
    "Cluster": "A group of users whose embeddings are close to each other.",
    "Cold start": "Recommending to a user, or recommending an item, with few or no interactions.",
    "Continuity": "How many neighbours in the embeddings are neighbours on the map: 1 = all, 0.5 = at random.",
    "Cosine similarity": "How close the directions of two vectors are: 1 = the same direction, 0 = unrelated.",
    "Counterfactual": "A change of the history that would change the recommendation.",
    "Deletion curve": "How fast a recommendation loses its score when the items of a history are removed one by one.",
    "Differential privacy": "Adds random noise, so that the result hardly depends on any single user’s history.",
    "Dropout": "Sets random activations to 0 in training, which reduces overfitting.",
    "Embedding": "A vector (list of numbers) that represents a user or an item; similar ones have close vectors.",
    "Epoch": "One pass of the training over all interactions.",
    "Exact change": "A value of α at which the recommendation list changes; computed, not sampled.",
    "Exposure": "How often an item, or a group of items, appears in recommendation lists.",
    "Fold": "One part of the users, held out while a model is trained on all others; each part takes its turn.",
    "Full ranking": "The held-out item is ranked among all items that the user has not seen, not among a sample.",
    "GRU4Rec": "A model that reads a history item by item with a recurrent network.",
    "Head": "One of several attention computations that a layer runs side by side.",
    "Held out": "Not used in training, so that the model can be tested on it.",
    "Holm correction": "Makes p-values stricter when several models are compared, against chance findings.",
    "Influence": "The score that a recommended item loses when one history item is removed.",
    "Interest": "What a user likes over time: the mean vector of the user’s items, newer items with more weight.",
    "Interval": "The 95% confidence interval: how far the value may be off because only these users were measured.",
    "Item-kNN": "A baseline that recommends items which occur in the same histories as the user’s items.",
    "k-means": "Divides points into k groups: each point belongs to the group whose mean is nearest.",
    "Layer": "One step of the network: attention, then a small network for each item. Layers are stacked.",
    "Learning rate": "The step size of training: too small learns slowly, too large does not converge.",
    "Leave-one-out": "The last item of each user is held out for the test, the one before it for validation.",
    "LightGCN": "A model that averages embeddings over the graph of users and items.",
    "Linear blend": "The source’s scores as they are, weighed by α (average strategy, Masthoff 2004).",
    "Long tail": "The many items with few interactions each.",
    "Loss": "What training minimises: low when the model gives the actual next items high scores.",
    "Margin": "An item’s score minus the mean score of all candidates.",
    "Markov": "A baseline that counts which item follows which.",
    "Medoid": "The most typical member of a group: the one closest to all others.",
    "Nats": "The unit of the loss: one nat less means that the actual items got 2.7 times as likely.",
    "Negative control": "A source that can’t help, such as a random user: what it gains is not transferred interest.",
    "Negative sampling": "Training compares each actual next item with random other items.",
    "Neighbour preservation": "The share of the nearest points in the embeddings that are also nearest on the map.",
    "Next choice": "What a user is likely to choose next, mostly decided by the newest items.",
    "Overfitting": "The model memorises the training data and gets worse on new data.",
    "p-value": "The probability of a difference at least as large if there were none.",
    "Parameters": "The numbers of a model that training adjusts.",
    "PCA": "The fastest projection: the directions in which the embeddings vary most.",
    "Personalised bridge": "Several linear maps, mixed by what the source likes (PTUPCDR, Zhu et al. 2022).",
    "Privacy parameter δ": "The probability with which the limit ε may not hold; below one in the number of users.",
    "Privacy parameter ε": "The limit of what a result may reveal: smaller ε means more noise and more protection.",
    "Projection": "A map in two dimensions of embeddings that have many.",
    "Query, key, value": "Three vectors of each item: query · key gives its weight, the values are what is averaged.",
    "Scenario": "Where the interactions come from, such as shop, social media or courses.",
    "Score": "The number by which a model ranks an item for a user; only comparisons of scores have a meaning.",
    "Second score": "The score of a simpler model, such as item-kNN, blended with the model’s score.",
    "Seed": "Starts the random numbers; the same seed gives the same result.",
    "Sentence encoder": "A pretrained network that turns a text into a vector; similar texts get close vectors.",
    "Shrinkage": "Moves an uncertain estimate towards the mean, the more the fewer items are known.",
    "Silhouette": "How much nearer a point is to its own group than to the next one: 1 = clearly, 0 = no difference.",
    "Softmax": "Turns numbers into positive weights that sum to 1; larger numbers get larger weights.",
    "Source": "The user or group whose interests are transferred.",
    "SVD": "Shortens long rows of numbers, such as word counts, to a few numbers that keep most of the differences.",
    "Target": "The user or group that gets the recommendations.",
    "Text bridge": "Item texts join source and target; no shared users are needed (UniSRec, Hou et al. 2022).",
    "TF-IDF": "Describes a text by its words; words that occur in few texts count more.",
    "Transfer": "Blends the source’s embedding into the target’s: α · source + (1 − α) · target.",
    "Transfer certificate": "Tells for one pair whether a study showed a gain for such users, and how many it harmed.",
    "Trustworthiness": "How many neighbours on the map are neighbours in the embeddings: 1 = all, 0.5 = at random.",
    "UMAP": "A method of projection that keeps neighbours together; distances across the map mean little.",
    "User representation": "The embedding that the model computes from a user’s history.",
    "Validation": "Held-out data that choose the settings and the epoch; the test data are used only once, at the end.",
    "Weight decay": "Pulls the weights towards 0 in training, which reduces overfitting.",
} | {metric.label: metric.help for metric in METRICS}


def meaning_of(*terms: str) -> str:
    """The tooltip (Markdown) of the terms that a label or a caption uses.

    Raises:
        KeyError: a term is not in the glossary.
    """
    if len(terms) == 1:
        return GLOSSARY[terms[0]]
    return "\n\n".join(f"**{term}:** {GLOSSARY[term]}" for term in terms)


def meaning_of_models(names: Iterable[str]) -> str:
    """The tooltip of some models: what each of the table does, in a sentence."""
    return "\n\n".join(f"**{entry.label}:** {entry.sentence}" for entry in MODELS if entry.name in set(names))


def meaning_of_method(name: str) -> str:
    """What a transfer method does, and its paper; in the method's own words where the glossary has no entry yet."""
    from recsys.transfer.methods import METHODS  # heavy: Home shows tooltips before it is loaded

    method = METHODS[name]
    return GLOSSARY.get(method.label, f"{method.sentence} {method.paper}.")


def meaning_of_methods(names: Iterable[str]) -> str:
    """The tooltip (Markdown) of some transfer methods."""
    from recsys.transfer.methods import METHODS

    return "\n\n".join(f"**{METHODS[name].label}:** {meaning_of_method(name)}" for name in names)


def terms_in(text: str) -> str | None:
    """The tooltip of the terms that occur in a text as whole words, plurals too; None where there are none."""
    found = [term for term in GLOSSARY if re.search(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE)]
    return meaning_of(*found) if found else None
