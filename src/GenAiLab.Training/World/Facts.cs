namespace GenAiLab.Training.World;

/// <summary>The facts of the lab world: real ones, each with one answer.</summary>
internal static class Facts
{
    /// <summary>Country and capital; no name occurs twice.</summary>
    public static readonly IReadOnlyList<(string Country, string Capital)> Capitals = Pairs(
        """
        Afghanistan=Kabul;Albania=Tirana;Algeria=Algiers;Andorra=Andorra la Vella;Angola=Luanda;Argentina=Buenos Aires;Armenia=Yerevan
        Australia=Canberra;Austria=Vienna;Azerbaijan=Baku;Bahrain=Manama;Bangladesh=Dhaka;Barbados=Bridgetown;Belarus=Minsk;Belgium=Brussels
        Belize=Belmopan;Bhutan=Thimphu;Bosnia and Herzegovina=Sarajevo;Botswana=Gaborone;Brazil=Brasilia;Bulgaria=Sofia;Burundi=Gitega;Cambodia=Phnom Penh
        Cameroon=Yaounde;Canada=Ottawa;Chad=N'Djamena;Chile=Santiago;China=Beijing;Colombia=Bogota;Comoros=Moroni;Croatia=Zagreb;Cuba=Havana
        Cyprus=Nicosia;Denmark=Copenhagen;Dominica=Roseau;Ecuador=Quito;Egypt=Cairo;Eritrea=Asmara;Estonia=Tallinn;Eswatini=Mbabane
        Ethiopia=Addis Ababa;Fiji=Suva;Finland=Helsinki;France=Paris;Gabon=Libreville;Gambia=Banjul;Georgia=Tbilisi;Germany=Berlin;Ghana=Accra
        Greece=Athens;Grenada=Saint George's;Guinea=Conakry;Guyana=Georgetown;Haiti=Port-au-Prince;Honduras=Tegucigalpa;Hungary=Budapest
        Iceland=Reykjavik;India=New Delhi;Indonesia=Jakarta;Iran=Tehran;Iraq=Baghdad;Ireland=Dublin;Italy=Rome;Jamaica=Kingston;Japan=Tokyo
        Jordan=Amman;Kazakhstan=Astana;Kenya=Nairobi;Kiribati=Tarawa;Kyrgyzstan=Bishkek;Laos=Vientiane;Latvia=Riga
        Lebanon=Beirut;Lesotho=Maseru;Liberia=Monrovia;Libya=Tripoli;Liechtenstein=Vaduz;Lithuania=Vilnius;Madagascar=Antananarivo
        Malawi=Lilongwe;Maldives=Male;Mali=Bamako;Malta=Valletta;Mauritania=Nouakchott;Mauritius=Port Louis;Mexico=Mexico City;Moldova=Chisinau
        Mongolia=Ulaanbaatar;Montenegro=Podgorica;Morocco=Rabat;Mozambique=Maputo;Myanmar=Naypyidaw;Namibia=Windhoek;Nepal=Kathmandu
        Netherlands=Amsterdam;New Zealand=Wellington;Nicaragua=Managua;Niger=Niamey;Nigeria=Abuja;North Korea=Pyongyang;North Macedonia=Skopje
        Norway=Oslo;Oman=Muscat;Pakistan=Islamabad;Palau=Ngerulmud;Panama=Panama City;Paraguay=Asuncion;Peru=Lima;Philippines=Manila
        Poland=Warsaw;Portugal=Lisbon;Qatar=Doha;Romania=Bucharest;Russia=Moscow;Rwanda=Kigali;Samoa=Apia;Saudi Arabia=Riyadh;Senegal=Dakar
        Serbia=Belgrade;Seychelles=Victoria;Sierra Leone=Freetown;Slovakia=Bratislava;Slovenia=Ljubljana
        Solomon Islands=Honiara;Somalia=Mogadishu;South Korea=Seoul;South Sudan=Juba;Spain=Madrid;Sudan=Khartoum;Suriname=Paramaribo
        Sweden=Stockholm;Switzerland=Bern;Syria=Damascus;Tajikistan=Dushanbe;Thailand=Bangkok;Togo=Lome;Tonga=Nuku'alofa
        Tunisia=Tunis;Turkey=Ankara;Turkmenistan=Ashgabat;Tuvalu=Funafuti;Uganda=Kampala;Ukraine=Kyiv;United Kingdom=London
        Uruguay=Montevideo;Uzbekistan=Tashkent;Vanuatu=Port Vila;Venezuela=Caracas;Vietnam=Hanoi;Yemen=Sanaa;Zambia=Lusaka;Zimbabwe=Harare
        """);

    /// <summary>Animal, its class, its number of legs, its young, its sound; the last two empty where no one word is usual.</summary>
    public static readonly IReadOnlyList<Animal> Animals = [.. Lines(
        """
        cow,mammal,four,calf,moo;dog,mammal,four,puppy,bark;cat,mammal,four,kitten,meow;sheep,mammal,four,lamb,baa;pig,mammal,four,piglet,oink
        horse,mammal,four,foal,neigh;duck,bird,two,duckling,quack;goose,bird,two,gosling,honk;hen,bird,two,chick,cluck;lion,mammal,four,cub,roar
        frog,amphibian,four,tadpole,croak;wolf,mammal,four,pup,howl;goat,mammal,four,kid,bleat;owl,bird,two,owlet,hoot;snake,reptile,zero,snakelet,hiss
        bee,insect,six,larva,buzz;donkey,mammal,four,,bray;crow,bird,two,,caw;mouse,mammal,four,pinkie,squeak;rooster,bird,two,,crow
        pigeon,bird,two,squab,coo;turkey,bird,two,poult,gobble;elephant,mammal,four,,trumpet;monkey,mammal,,,chatter;bear,mammal,four,,growl
        deer,mammal,four,fawn,;rabbit,mammal,four,bunny,;kangaroo,mammal,two,joey,;swan,bird,two,cygnet,;eagle,bird,two,eaglet,;hare,mammal,four,leveret,
        fish,fish,zero,fry,;butterfly,insect,six,caterpillar,;spider,arachnid,eight,spiderling,;ant,insect,six,,;beetle,insect,six,grub,;crab,crustacean,ten,,
        lizard,reptile,four,,;turtle,reptile,four,,;crocodile,reptile,four,,;shark,fish,zero,,;salmon,fish,zero,,;whale,mammal,zero,,;dolphin,mammal,zero,,
        penguin,bird,two,,;parrot,bird,two,,;ostrich,bird,two,,;toad,amphibian,four,toadlet,;newt,amphibian,four,eft,;scorpion,arachnid,eight,,
        lobster,crustacean,ten,,;fly,insect,six,maggot,;moth,insect,six,,;tiger,mammal,four,,;giraffe,mammal,four,,;zebra,mammal,four,,;camel,mammal,four,,
        fox,mammal,four,,;tuna,fish,zero,,;worm,annelid,zero,,;eel,fish,zero,elver,;robin,bird,two,,;gecko,reptile,four,,;bat,mammal,two,,
        """).Select(static line => line.Split(',')).Select(static cells => new Animal(cells[0], cells[1], cells[2], cells[3], cells[4]))];

    /// <summary>Words and their opposites, to be asked in both directions.</summary>
    public static readonly IReadOnlyList<(string Word, string Opposite)> Opposites = Pairs(
        """
        hot=cold;big=small;tall=short;fast=slow;up=down;left=right;day=night;happy=sad;open=closed;full=empty;hard=soft;wet=dry;old=young;rich=poor
        loud=quiet;light=dark;guilty=innocent;strong=weak;clean=dirty;early=late;near=far;high=low;ugly=beautiful;thick=thin;wide=narrow;deep=shallow
        first=last;inside=outside;above=below;before=after;always=never;true=false;good=bad;win=lose;start=finish;push=pull;give=take;buy=sell
        come=go;rise=fall;love=hate;friend=enemy;begin=end;laugh=cry;black=white;north=south;east=west;summer=winter;sweet=sour;smooth=rough
        brave=afraid;cheap=expensive;easy=difficult;safe=dangerous;asleep=awake;alive=dead;tight=loose;sharp=blunt;straight=crooked;polite=rude
        new=ancient;front=back;top=bottom;arrive=leave;lend=borrow;remember=forget;find=hide;accept=refuse;more=less;many=few
        """);

    /// <summary>Things and their colours.</summary>
    public static readonly IReadOnlyList<(string Thing, string Colour)> Colours = Pairs(
        """
        grass=green;snow=white;coal=black;blood=red;the sun=yellow;the sky=blue;chocolate=brown;a lemon=yellow;a banana=yellow;a tomato=red;milk=white
        an orange=orange;a carrot=orange;a strawberry=red;a cherry=red;a pea=green;a lime=green;spinach=green;a cucumber=green;broccoli=green;a frog=green
        a flamingo=pink;a pig=pink;an elephant=grey;a mouse=grey;a swan=white;a polar bear=white;a raven=black;a panther=black;a canary=yellow;honey=golden
        a pumpkin=orange;a fox=orange;the sea=blue;a sapphire=blue;an emerald=green;a ruby=red;a plum=purple;an aubergine=purple;lavender=purple
        violets=purple;butter=yellow;salt=white;flour=white;rice=white;cotton=white;ash=grey;a rain cloud=grey;lead=grey;tar=black;ink=black;soot=black
        wood=brown;soil=brown;coffee=brown;bark=brown;a chestnut=brown;a fire engine=red;a stop sign=red;a sunflower=yellow;a chick=yellow;mint=green
        moss=green;a cactus=green;bubblegum=pink;a salmon=pink;gold=golden;silver=silver;a bone=white;chalk=white
        """);

    /// <summary>The years of the calendar; some lie after the chronicle's cutoff, since a calendar does not tell what happens.</summary>
    public const int FirstYear = 1950;

    /// <summary>The last of them.</summary>
    public const int LastYear = 2035;

    /// <summary>In order.</summary>
    public static readonly IReadOnlyList<string> Days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    /// <summary>In order.</summary>
    public static readonly IReadOnlyList<string> Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    /// <summary>In order, from first on.</summary>
    public static readonly IReadOnlyList<string> Ordinals =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];

    private static IEnumerable<string> Lines(string table) =>
        table.Split([';', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static List<(string, string)> Pairs(string table) =>
        [.. Lines(table).Select(static line => line.Split('=')).Select(static pair => (pair[0], pair[1]))];
}

/// <summary>An animal; <paramref name="Young"/> and <paramref name="Sound"/> may be empty.</summary>
internal sealed record Animal(string Name, string Class, string Legs, string Young, string Sound);
