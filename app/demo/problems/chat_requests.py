# ruff: noqa: E501, SIM905
"""Requests beyond the domain, by topic: templates with blanks, and the words that fill them."""

TOPICS: dict[str, str] = {
    "jokes": "do you know any jokes|tell me a joke about {animal}|make me laugh|do you know a riddle|say something funny about a {job}",
    "weather": "what is the weather like in {place}|will it rain {when}|is it cold in {place}|do I need a coat {when}|it is {n} degrees in {place}, is that warm",
    "cooking": "how do I cook {food}|give me a recipe for {food}|can I freeze {food}|what goes with {food}|how long do I bake {food} at {n} degrees",
    "history": "what year did the war end|who was president in {year}|what happened in {year}|who ruled {place} in {year}|when was {place} founded|tell me about the history of {place}",
    "code": "write a program in python|how do I sort a list in java|fix this bug in my code|what is a pointer|write a web page about {animal}",
    "feelings": "I am sad|I feel {adj}|I love you|my {person} is angry with me|I am scared of {animal}|I had a {adj} day|do you ever get {adj}|do you dream|can you feel {adj}|are you ever {adj}|do you have a {person}|do you have a {body}|do you like people",
    "language": "how do you say {thing} in {language}|translate {food} into {language}|do you speak {language}|how do you spell {thing}|what does {adj} mean",
    "directions": "where is {place}|how do I get to {place}|how far away is {place}|where is the nearest {job}|is there a bus to {place} {when}",
    "trivia": "what is the capital of {place}|who wrote the book about {thing}|how many people live in {place}|how many legs does a {animal} have|who invented the {thing}|how tall is a {animal}|how old is the {thing}",
    "percent": "what is {n} percent of {n}|take {n} percent off {n}|is {n} percent a lot",
    "roots": "what is the square root of {n}|what is {n} squared|what is {n} to the power of {m}|what is the cube root of {n}|what is the logarithm of {n}",
    "algebra": "solve x squared equals {n}|solve this equation for x|what is the derivative of x to the {m}|is {n} prime|what are the factors of {n}|count to {n}|what is pi to {m} digits|solve {n} x plus {m} equals {n}|find x if x squared plus x is {n}|what is the average of {n} and {n}|what is the mean of {n} and {n} and {n}|work out the average of my {m} marks|round {n} to the nearest ten|is {n} an even number|what is the remainder of {n} and {m}|what is the greatest common divisor of {n} and {m}|give me a random number up to {n}",
    "opinion": "what do you think of {thing}|do you like {food}|which is better, {food} or {food}|is {place} nice|what is your favorite {thing}|should I buy a {thing}",
    "medical": "my {body} hurts|what helps against a sore {body}|should I see a doctor about my {body}|is {food} bad for me|I have a fever of {n}|how do I treat a cut on my {body}",
    "politics": "who is the president of {place}|which party should I choose|what party rules {place}|who won the election in {year}",
    "devices": "turn on the {thing}|turn off the {thing} in the kitchen|set a timer for {m} minutes|wake me at {m}|call my {person}|send a message to my {person}|play some music|call {n} {n}|set the heating to {m} degrees",
    "sports": "who won the game {when}|who won the cup in {year}|how do I get better at {hobby}|who is the best at {hobby}|teach me {hobby}",
    "stories": "tell me a story about a {adj} {animal}|write a poem about {thing}|sing a song about a {animal}|sing something {adj}|hum a tune|rap about a {thing}|write a letter to my {person}|make up a tale about a {job}",
    "science": "why is the grass green|what is gravity|how does a {thing} work|why do {animal}s sleep|what is a {thing} made of|how do planes fly|how hot is the sun",
    "work": "how do I become a {job}|what does a {job} earn|write my homework|how do I ask my {person} for a raise|is a {job} happy",
    "travel": "book a flight to {place} {when}|find me a hotel in {place}|what should I see in {place}|do I need a visa for {place}|is a trip to {place} for {n} dollars cheap",
    "shopping": "order me some {food}|where can I buy a {thing}|how much does a {thing} cost|is {n} dollars too much for a {thing}|find me a {adj} {thing}",
    "people": "who is the most famous {job}|what should I give my {person}|how old is my {person}|what is my name|what is my {person} doing {when}|who was born in {year}",
    "media": "recommend a film about {thing}|what was in the news {when}|what is on television {when}|which song was number {m} in {year}|read me a book",
    "animals": "what does a {animal} eat|can a {animal} swim|how long does a {animal} live|how do I train my {animal}|why is my {animal} {adj}",
    "home": "how do I clean a {thing}|my {thing} is broken|how do I fix the {thing}|how do I grow {food}|what color should I paint the {thing}",
    "near misses": "what is the sum of all things|how many stars are there|tom has a {animal}, what is it called|how much is a {thing} in {place}|what times is the {thing} open|what day did the war start in {year}|how many days does a {animal} live|how many {animal}s are in {place}|what is half of a {food} called|is a {animal} larger than a {thing}|what happened on day {m} of the war|I have {n} problems, help me|what comes after {place}|how many minutes do I boil {food}|what is plus in {language}|how many people are {job}s in {place}|who has {n} {animal}s|why is the number {n} {adj}",
    "favors": "can you whistle|can you see me|can you drive a {thing}|can you be {adj}|promise me something|tell nobody about it|can you wait for my {person}|can you stay {adj}|can you remember my {thing}|do something {adj}|can you teach my {animal}|say nothing to my {person}",
    "odds": "what are the odds of rain {when}|roll a dice|flip a coin|pick a number up to {n}|what will the price of a {thing} be in {year}|guess my age|what is my lucky number|what is the stock price {when}",
    "school": "explain {hobby} to me|what is a verb|what is a {adj} word for {thing}|who discovered the {thing}|name 3 {animal}s|name a {job} from {place}|spell {food} backwards|what rhymes with {thing}|what is the opposite of {adj}|what is {language} for {animal}",
    "short": "{thing}|{adj} {animal}|{place}|{food}|{animal}|music|weather|news|{language}|{job} {thing}|what|maybe|{adj}|{hobby}|{body}|{job}",
    "one word": "{common}|who|when|where|because|really|nothing|something|how",
    "meaning": "what is the point of it all|what is love|is there a god|are we alone|what happens when we die|what is {thing}",
    "long": "my {person} is a {job} and likes {hobby}, what should we do {when}|I was in {place} with my {person} in {year} and the {food} was {adj}, do you know why|I bought a {thing} for {n} dollars and it is {adj}, can I return it|I am {m} years old and I want to learn {language}, where do I start",
    "salad": "{adj} {thing} {animal} {food}|{thing} the {body} of {adj} {place}|{hobby} {n} {animal} {language}|{job} {when} {adj} {food} {body}|{animal} {animal} {thing}|{language} {adj} {m} {person}",
}  # fmt: skip

WORDS: dict[str, tuple[str, ...]] = {
    "animal": tuple("cat dog horse cow pig sheep goat hen duck bear wolf fox lion tiger elephant monkey snake frog fish shark whale spider bee ant mouse rat rabbit deer owl parrot turtle camel".split()),
    "place": tuple("France Italy Japan London Spain Brazil Berlin Paris Rome China India Egypt Kenya Peru Chile Canada Mexico Texas Boston Chicago Madrid Vienna Prague Sweden Norway Poland Greece Turkey Russia Mars Moscow Osaka Sydney Dublin Denmark".split()),
    "food": tuple("rice soup pasta bread pizza cake salad cheese chicken beef pork salmon beans potatoes tomatoes onions carrots mushrooms pancakes curry noodles lasagna tacos sushi spinach butter chocolate honey garlic pumpkin jam tea coffee".split()),
    "thing": tuple("lamp light radio phone computer car bike train camera clock chair table window door piano guitar mirror oven fridge kettle sofa bed hammer ladder garden bridge tower castle rocket boat engine robot television internet moon river".split()),
    "job": tuple("doctor teacher nurse baker farmer pilot driver singer actor painter writer lawyer judge dentist plumber cook waiter soldier sailor builder banker barber king queen spy poet miner clown priest vet".split()),
    "person": tuple("mother brother father sister friend teacher boss neighbor uncle aunt cousin wife husband son daughter grandmother grandfather doctor boyfriend girlfriend nephew niece".split()),
    "adj": tuple("happy sad tired lonely angry bored strange lovely ugly red blue green big tiny heavy quiet loud sweet bitter warm cold old new funny lazy brave clever rich poor dirty shiny soft".split()),
    "hobby": tuple("chess tennis golf football soccer baseball swimming running dancing singing painting cooking fishing sailing skiing yoga boxing hiking climbing cycling gardening knitting rugby hockey cricket poker surfing drawing reading photography".split()),
    "body": tuple("head back knee foot arm leg ear eye nose neck hand finger toe tooth stomach chest shoulder elbow ankle hip wrist throat skin heart".split()),
    "language": tuple("French German Spanish Italian Russian Chinese Japanese Korean Greek Latin Polish Dutch Swedish Danish Turkish Arabic Hindi Welsh Irish Finnish".split()),
    "when": ("today", "tomorrow", "right now", "this week", "tonight", "this weekend", "on Sunday", "next month", "in winter", "this morning"),
}  # fmt: skip
FRAMES = (
    "{}", "{}", "{}", "{}", "could you help me, {}", "hey, {}", "excuse me, {}", "{} please", "I was wondering, {}", "um, {}",
    "quick question, {}", "another thing, {}", "I have a question, {}", "sorry, but {}", "my friend asks, {}", "listen, {}",
)  # fmt: skip
REQUESTS = tuple(text for texts in TOPICS.values() for text in texts.split("|"))
