package org.wardkey.app.provider

import android.app.Activity
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.core.AssetLinkFetcher
import org.wardkey.core.Choice
import org.wardkey.core.FetchException
import org.wardkey.core.HardwareKeys
import org.wardkey.core.Message
import org.wardkey.core.Use
import org.wardkey.core.UserInterface

/** The app in a world that the tests make up: browsers, sites, a person, keys in memory. */
internal open class ProviderTestApplication : WardkeyApplication() {
    var keys: HardwareKeys = JvmKeys()
    val person = Person()

    /** Address → what the site answers there. */
    val sites = mutableMapOf<String, String>()

    /** Every address asked for, in order. */
    val fetched = mutableListOf<String>()

    /** How many ceremonies have begun. */
    var begun = 0

    override fun keys(activity: Activity): HardwareKeys = keys.also { begun += 1 }

    override fun user(activity: Activity): UserInterface = person

    override fun assetLinks() = object : AssetLinkFetcher {
        override suspend fun fetch(url: String): String {
            fetched += url
            return sites[url] ?: throw FetchException.Failed("the site answered 404")
        }
    }

    override fun privilegedApps(): String = privilegedListOf(
        BROWSER to listOf(BROWSER_CERTIFICATE),
        PLAY_SERVICES to listOf(PLAY_CERTIFICATE),
        CO_SIGNED to listOf(BROWSER_CERTIFICATE, PLAY_CERTIFICATE),
    )

    /** Sees every message and closes it. */
    internal class Person : UserInterface {
        val told = mutableListOf<Message>()

        /** Somebody asked for consent a second time. */
        var asked = 0

        override suspend fun consent(purpose: Use, rpId: String, account: String) {
            asked += 1
        }

        override suspend fun choose(rpId: String, accounts: List<Choice>): UInt = 0u

        override suspend fun inform(rpId: String, message: Message) {
            told += message
        }
    }
}
